import { ApiProperty, OmitType, PartialType } from '@nestjs/swagger';
import { ChangeDto } from '../events/record/cloud-event.dto.js';
import { UserDto } from '../users/user.dto.js';
import { PROFILE_SCHEMA } from '../validation/profile.schema.js';

class PartialUserDto extends PartialType(OmitType(UserDto, ['profile'])) {
  @ApiProperty({ ...PROFILE_SCHEMA, selfRequired: false } as object)
  profile?: Record<string, unknown>;
}

/** What a request with `?dryRun=true` would come to. */
export class DryRunDto {
  @ApiProperty({
    type: PartialUserDto,
    nullable: true,
    example: { name: 'Ada' },
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
