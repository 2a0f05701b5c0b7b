import { USER_FIELDS } from '../users/user.dto.js';
import { ReadOnlyFields } from '../validation/read-only.js';
import { PasswordField } from '../hashing/password-fields.js';

@ReadOnlyFields(USER_FIELDS)
export class PasswordDto {
  @PasswordField({ required: true })
  password!: string;
}
