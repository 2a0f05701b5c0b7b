import { UserIdField } from '../validation/fields.js';
import { UpdateUserDto } from './update-user.dto.js';

/** A new user: any field of an update, and the id that the identity provider already gave it. */
export class CreateUserDto extends UpdateUserDto {
  @UserIdField()
  id?: string;
}
