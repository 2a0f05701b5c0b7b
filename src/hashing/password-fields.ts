import { Field } from '../validation/rule.js';
import * as passwords from './password-rules.js';
import { PASSWORD_ALGORITHMS } from './stored-password.js';

export const PasswordField = ({ required = false } = {}) =>
  Field(
    passwords.passwordRule,
    { type: 'string', format: 'password', minLength: 1, maxLength: passwords.MAX_PASSWORD },
    { required, description: 'Kept as an argon2id digest only.', example: 'correct horse battery' },
  );

export const PasswordDigestField = () =>
  Field(
    passwords.passwordDigestRule,
    { type: 'string' },
    {
      description:
        'A digest from another system, in place of `password`: a PHC string (Argon2), a crypt ' +
        'string (Bcrypt) or hexadecimal. Replaced by argon2id at the first successful verification.',
      example: '5f4dcc3b5aa765d61d8327deb882cf99',
    },
  );

export const PasswordAlgorithmField = () =>
  Field(
    passwords.passwordAlgorithmRule,
    { type: 'string', enum: PASSWORD_ALGORITHMS },
    { description: 'How `passwordDigest` was made.', example: 'MD5' },
  );
