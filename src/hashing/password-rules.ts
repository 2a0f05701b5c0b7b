import type { Rule } from '../validation/rule.js';
import { fault, text } from '../validation/rules.js';
import { isDigest, PASSWORD_ALGORITHMS, type PasswordAlgorithm } from './stored-password.js';

export const MAX_PASSWORD = 256;

/** `password`: anything that a person can type, up to a length that is still hashed at once. */
export const passwordRule = text(MAX_PASSWORD, (value) =>
  value === '' ? fault('invalid_format', 'must not be empty') : [],
);

/** `passwordAlgorithm`, which goes with `passwordDigest`. */
export const passwordAlgorithmRule: Rule = (value, { body }) => {
  if (!isAlgorithm(value))
    return fault('invalid_format', `must be one of ${PASSWORD_ALGORITHMS.join(', ')}`);
  return 'passwordDigest' in body ? [] : fault('invalid_format', 'needs a passwordDigest');
};

/** `passwordDigest`, in place of `password`. */
export const passwordDigestRule: Rule = (value, { body }) => {
  if (typeof value !== 'string') return fault('invalid_type', 'must be a string');
  const { password, passwordAlgorithm } = body as Record<string, unknown>;
  if (password !== undefined) return fault('invalid_format', 'must not stand beside a password');
  if (passwordAlgorithm === undefined) return fault('invalid_format', 'needs a passwordAlgorithm');
  return !isAlgorithm(passwordAlgorithm) || isDigest(passwordAlgorithm, value)
    ? []
    : fault('invalid_format', `must be a digest of ${passwordAlgorithm} at a bearable cost`);
};

const isAlgorithm = (value: unknown): value is PasswordAlgorithm =>
  PASSWORD_ALGORITHMS.includes(value as PasswordAlgorithm);
