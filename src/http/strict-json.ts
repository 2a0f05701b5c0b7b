import { AppError, invalidInput, MAX_VIOLATIONS, type Violation } from '../errors/app-error.js';
import type { ViolationCode } from '../errors/error-codes.js';
import { jsonPointer } from '../errors/json-pointer.js';

type Path = (string | number)[];

/** Levels of nesting that a value of a body may have; the body's own object does not count. */
const MAX_DEPTH = 32;

/**
 * Parses a body so that nothing in it can be lost or changed without a word: whatever PostgreSQL or
 * JavaScript could not keep as it was sent is refused, with a pointer to it.
 *
 * @throws AppError guard.invalid_json (not JSON in UTF-8) or guard.invalid_input
 */
export function parseStrictJson(bytes: Uint8Array): Record<string, unknown> {
  const text = decode(bytes);
  const body = parse(text);
  const violations: Violation[] = [];
  const keys = check(body, [], violations);
  // JSON.parse keeps the last of two equal keys; the text has a colon for each.
  if (violations.length === 0 && keys !== colonsOf(text))
    throw invalidJson('The body has an object with the same key twice.', ['']);
  if (!isPlainObject(body))
    violations.push({ pointer: '', code: 'invalid_type', detail: 'must be a JSON object' });
  if (violations.length > 0) throw invalidInput(violations);
  return body as Record<string, unknown>;
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalidJson('The body is not valid UTF-8.', pointersToReplaced(bytes));
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const position = /position (\d+)/.exec((error as Error).message)?.[1];
    const where = position === undefined ? '' : ` (at character ${position})`;
    throw invalidJson(`The body is not valid JSON${where}.`, ['']);
  }
}

function invalidJson(detail: string, pointers: string[]): AppError {
  const errors = pointers.map(
    (pointer) => ({ pointer, code: 'guard.invalid_json', detail }) as const,
  );
  return new AppError('guard.invalid_json', detail, { errors });
}

/** Where invalid UTF-8 stands: a lenient decoder leaves U+FFFD there. The root if that is no JSON. */
function pointersToReplaced(bytes: Uint8Array): string[] {
  const pointers: string[] = [];
  const search = (value: unknown, path: Path): void => {
    if (pointers.length > 10 || path.length > MAX_DEPTH + 1) return;
    if (typeof value === 'string' && value.includes('\uFFFD')) pointers.push(jsonPointer(path));
    if (typeof value !== 'object' || value === null) return;
    for (const [key, child] of Object.entries(value)) {
      if (key.includes('\uFFFD')) pointers.push(jsonPointer([...path, key]));
      else search(child, [...path, key]);
    }
  };
  try {
    search(JSON.parse(new TextDecoder().decode(bytes)), []);
  } catch {
    return [''];
  }
  return pointers.length > 0 ? pointers : [''];
}

/** Collects what is wrong with a value and all in it; returns how many keys it has in all. */
function check(value: unknown, path: Path, found: Violation[]): number {
  const refuse = (code: ViolationCode, detail: string) =>
    found.push({ pointer: jsonPointer(path), code, detail });

  if (typeof value === 'string') {
    const fault = unstorable(value);
    if (fault) refuse('invalid_character', fault);
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value)) refuse('invalid_number', 'is larger than a number can be');
    else if (Number.isInteger(value) && !Number.isSafeInteger(value))
      refuse('invalid_number', 'is an integer beyond ±(2^53−1), send it as a string');
  } else if (typeof value === 'object' && value !== null) {
    if (path.length > MAX_DEPTH) refuse('too_deep', `is nested deeper than ${MAX_DEPTH} levels`);
    else return checkMembers(value, path, found);
  }
  return 0;
}

function checkMembers(value: object, path: Path, found: Violation[]): number {
  let keys = 0;
  for (const [key, member] of Object.entries(value) as [string, unknown][]) {
    if (found.length >= MAX_VIOLATIONS) break;
    const at = [...path, key];
    if (Array.isArray(value)) {
      keys += check(member, at, found);
      continue;
    }
    keys += 1;
    const fault = unstorable(key);
    const pointer = jsonPointer(at);
    if (key === '__proto__')
      found.push({ pointer, code: 'unknown_field', detail: 'is not allowed as a key' });
    else if (fault) found.push({ pointer, code: 'invalid_character', detail: `its key ${fault}` });
    else keys += check(member, at, found);
  }
  return keys;
}

/** How many colons stand outside of strings. */
function colonsOf(text: string): number {
  return text.replace(/"(?:[^"\\]|\\.)*"/g, '').split(':').length - 1;
}

function unstorable(text: string): string | undefined {
  if (text.includes('\0')) return 'contains the character NUL (U+0000)';
  return text.isWellFormed() ? undefined : 'contains half of a surrogate pair';
}
