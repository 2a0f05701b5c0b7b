import { PasswordField } from './password-fields.js';

export class PasswordDto {
  @PasswordField({ required: true })
  password!: string;
}
