import type { PasswordAlgorithm } from '../hashing/stored-password.js';
import {
  PasswordAlgorithmField,
  PasswordDigestField,
  PasswordField,
} from '../hashing/password-fields.js';
import { UserIdField } from '../validation/fields.js';
import { UpdateUserDto } from './update-user.dto.js';

/**
 * A new user: any field of an update, the id that the identity provider
 * already gave it, and a password or the digest of one.
 */
export class CreateUserDto extends UpdateUserDto {
  @UserIdField()
  id?: string;

  @PasswordField()
  password?: string;

  @PasswordDigestField()
  passwordDigest?: string;

  @PasswordAlgorithmField()
  passwordAlgorithm?: PasswordAlgorithm;
}
