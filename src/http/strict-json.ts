import { AppError, invalidInput, MAX_VIOLATIONS, type Violation } from '../errors/app-error.js';
import type { ViolationCode } from '../errors/error-codes.js';
import { jsonPointer } from '../errors/json-pointer.js';
import { isPlainObject } from '../json/is-plain-object.js';
import {
  type JsonFault,
  type JsonJudge,
  type JsonPath,
  JsonSyntaxError,
  TooManyKeys,
} from '../json/json-judge.js';
import { JsonReader } from '../json/json-reader.js';
import { parseJson } from '../json/parse-json.js';

/** Levels of nesting that a value of a body may have; the body's own object does not count. */
const MAX_DEPTH = 32;

const FAULTS: Record<JsonFault, [code: ViolationCode, detail: string]> = {
  nul: ['invalid_character', 'contains the character NUL (U+0000)'],
  'half surrogate': ['invalid_character', 'contains half of a surrogate pair'],
  infinite: ['invalid_number', 'is larger than a number can be'],
  'unsafe integer': ['invalid_number', 'is an integer beyond ±(2^53−1), send it as a string'],
  inexact: ['invalid_number', 'has digits that a double cannot hold, send it as a string'],
  'too deep': ['too_deep', `is nested deeper than ${MAX_DEPTH} levels`],
  'repeated key': ['guard.invalid_json', 'is the same key twice'],
  prototype: ['unknown_field', 'is not allowed as a key'],
};

/** Faults that are about a key even when they are told as one of the member. */
const OF_KEYS: JsonFault[] = ['repeated key', 'prototype'];

/**
 * Parses a body so that nothing in it can be lost or changed without a word: whatever PostgreSQL or
 * JavaScript could not keep as it was sent is refused, with a pointer to it.
 *
 * @param maxKeys that it may have in all; what comes behind them is not looked at
 * @throws AppError guard.invalid_json (not JSON in UTF-8), guard.invalid_input or request.body_too_large
 */
export function parseStrictJson(bytes: Uint8Array, maxKeys = Infinity): Record<string, unknown> {
  const violations: Violation[] = [];
  const body = read(decode(bytes), {
    maxDepth: MAX_DEPTH,
    maxKeys,
    onFault: (fault, path, isKey) => {
      if (violations.length >= MAX_VIOLATIONS) return;
      const [code, what] = FAULTS[fault];
      const detail = isKey && !OF_KEYS.includes(fault) ? `its key ${what}` : what;
      violations.push({ pointer: jsonPointer(path), code, detail });
    },
  });
  const repeated = violations.find(({ code }) => code === 'guard.invalid_json');
  if (repeated)
    throw invalidJson('The body has an object with the same key twice.', [repeated.pointer]);
  if (!isPlainObject(body))
    violations.push({ pointer: '', code: 'invalid_type', detail: 'must be a JSON object' });
  if (violations.length > 0) throw invalidInput(violations);
  return body as Record<string, unknown>;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalidJson('The body is not valid UTF-8.', pointersToReplaced(bytes));
  }
}

function read(text: string, judge: JsonJudge): unknown {
  try {
    return new JsonReader(text, judge).read();
  } catch (error) {
    if (error instanceof TooManyKeys)
      throw new AppError('request.body_too_large', `The body has more than ${judge.maxKeys} keys.`);
    if (!(error instanceof JsonSyntaxError)) throw error;
    const where = text.trim() === '' ? '' : ` (at character ${error.position})`;
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
  const search = (value: unknown, path: JsonPath): void => {
    if (pointers.length > 10 || path.length > MAX_DEPTH + 1) return;
    if (typeof value === 'string' && value.includes('\uFFFD')) pointers.push(jsonPointer(path));
    if (typeof value !== 'object' || value === null) return;
    for (const [key, child] of Object.entries(value)) {
      if (key.includes('\uFFFD')) pointers.push(jsonPointer([...path, key]));
      else search(child, [...path, key]);
    }
  };
  try {
    search(parseJson(new TextDecoder().decode(bytes)), []);
  } catch {
    return [''];
  }
  return pointers.length > 0 ? pointers : [''];
}
