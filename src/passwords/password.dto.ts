import { PasswordField } from '../validation/fields.js';

export class PasswordDto {
  @PasswordField({ required: true })
  password!: string;
}
