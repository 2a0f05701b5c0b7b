import { ERROR_CODES, type ErrorCode, VIOLATION_CODES } from '../../src/errors/error-codes.js';
import { markdownTable } from './markdown-table.js';
import { WHEN } from './when-errors.js';

/** By status, in the order of the catalogue. */
export const errors = () =>
  markdownTable(
    ['status', '`code`', 'when'],
    Object.entries(ERROR_CODES)
      .toSorted(([, a], [, b]) => a.status - b.status)
      .map(([code, { status }]) => [String(status), `\`${code}\``, WHEN[code as ErrorCode]]),
  );

export const violations = () => VIOLATION_CODES.map((code) => `\`${code}\``).join(', ');
