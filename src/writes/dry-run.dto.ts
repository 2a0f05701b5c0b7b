import { ApiProperty, PartialType } from '@nestjs/swagger';
import { ChangeDto } from '../events/cloud-event.dto.js';
import { UserDto } from '../users/user.dto.js';

class PartialUserDto extends PartialType(UserDto) {}

/** What a request with `?dryRun=true` would come to. */
export class DryRunDto {
  @ApiProperty({
    type: PartialUserDto,
    nullable: true,
    description:
      'The user as it would be; of a route that answers a part of the user, that part; null of DELETE.',
  })
  user!: PartialUserDto | null;

  @ApiProperty({
    type: ChangeDto,
    isArray: true,
    description: 'As the event of the change would have them.',
  })
  changes!: ChangeDto[];
}
