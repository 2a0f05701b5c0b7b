import { isExactNumber } from './is-exact-number.js';
import {
  type JsonFault,
  type JsonJudge,
  type JsonPath,
  JsonSyntaxError,
  TooManyKeys,
} from './json-judge.js';

const [QUOTE, BACKSLASH, COMMA, COLON, MINUS] = ['"', '\\', ',', ':', '-'].map(code);
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = ['{', '}', '[', ']'].map(code);

function code(character: string): number {
  return character.charCodeAt(0);
}

const SPACE = /[ \t\n\r]*/y;
/** The characters of a text up to its end, an escape, or what may not stand in it. */
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const ESCAPE = /\\(?:(?<letter>["\\/bfnrt])|u(?<hex>[0-9a-fA-F]{4}))/y;
const NO_STRUCTURE = /[^"{}[\]]*/y;
const LETTERS: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
const LITERALS = { true: true, false: false, null: null };

/**
 * Reads one JSON document in one pass, without JSON.parse: that one gives a key back as another where
 * it holds an escape (nodejs/node#63785), and has lost the digits of a number by the time one looks.
 * With a judge, everything that cannot be kept as it was sent is told; without, it is read as
 * JSON.parse should.
 */
export class JsonReader {
  private at = 0;
  private keys = 0;
  private readonly path: JsonPath = [];

  constructor(
    private readonly text: string,
    private readonly judge?: JsonJudge,
  ) {}

  /** @throws JsonSyntaxError, TooManyKeys */
  read(): unknown {
    const value = this.value();
    this.next();
    if (this.at < this.text.length) this.fail();
    return value;
  }

  private value(): unknown {
    const first = this.next();
    if (first === QUOTE) return this.string();
    if (first === OPEN_OBJECT || first === OPEN_ARRAY) {
      if (this.judge && this.path.length > this.judge.maxDepth) return this.skip();
      return first === OPEN_OBJECT ? this.object() : this.array();
    }
    if (first === MINUS || (first >= 0x30 && first <= 0x39)) return this.number();
    for (const [name, literal] of Object.entries(LITERALS))
      if (this.text.startsWith(name, this.at)) {
        this.at += name.length;
        return literal;
      }
    return this.fail();
  }

  private object(): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    if (this.isEmpty(CLOSE_OBJECT)) return object;
    do {
      if (this.next() !== QUOTE) this.fail();
      if (this.judge && (this.keys += 1) > this.judge.maxKeys) throw new TooManyKeys();
      const depth = this.path.push('');
      const key = this.string(depth - 1);
      if (key === '__proto__') this.tell('prototype', true);
      else if (Object.hasOwn(object, key)) this.tell('repeated key', true);
      if (this.next() !== COLON) this.fail();
      this.at += 1;
      const value = this.value();
      if (key === '__proto__') define(object, key, value);
      else object[key] = value;
      this.path.pop();
    } while (this.goesOn(CLOSE_OBJECT));
    return object;
  }

  private array(): unknown[] {
    const array: unknown[] = [];
    if (this.isEmpty(CLOSE_ARRAY)) return array;
    do {
      this.path.push(array.length);
      array.push(this.value());
      this.path.pop();
    } while (this.goesOn(CLOSE_ARRAY));
    return array;
  }

  /** Steps into an object or array, and out of it if there is nothing in it. */
  private isEmpty(end: number | undefined): boolean {
    this.at += 1;
    if (this.next() !== end) return false;
    this.at += 1;
    return true;
  }

  private goesOn(end: number | undefined): boolean {
    const next = this.next();
    if (next !== COMMA && next !== end) this.fail();
    this.at += 1;
    return next === COMMA;
  }

  /** @param place of a key, its place in the path; undefined: a value */
  private string(place?: number): string {
    const begin = (this.at += 1);
    let text = '';
    let from = begin;
    for (;;) {
      this.take(PLAIN);
      const found = this.text.charCodeAt(this.at);
      if (found === QUOTE) break;
      if (found !== BACKSLASH) this.fail();
      text += this.text.slice(from, this.at) + this.escape();
      from = this.at;
    }
    text += this.text.slice(from, this.at);
    this.at += 1;
    if (place !== undefined) this.path[place] = text;
    // A decoder of UTF-8 leaves neither NUL nor half a pair in a text: only an escape can.
    if (from !== begin && this.judge) {
      if (text.includes('\0')) this.tell('nul', place !== undefined);
      else if (!text.isWellFormed()) this.tell('half surrogate', place !== undefined);
    }
    return text;
  }

  private escape(): string {
    ESCAPE.lastIndex = this.at;
    const groups = ESCAPE.exec(this.text)?.groups;
    if (!groups) return this.fail();
    const { letter, hex } = groups;
    this.at = ESCAPE.lastIndex;
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    return LETTERS[letter ?? ''] ?? letter ?? '';
  }

  private number(): number {
    const begin = this.at;
    this.take(NUMBER);
    const source = this.text.slice(begin, this.at);
    const value = Number(source);
    if (source === '') this.fail();
    if (this.judge) {
      if (!Number.isFinite(value)) this.tell('infinite', false);
      else if (Number.isInteger(value) && !Number.isSafeInteger(value))
        this.tell('unsafe integer', false);
      else if (!isExactNumber(source, value)) this.tell('inexact', false);
    }
    return value;
  }

  /** Passes over a value that nests without nesting itself, so that its depth costs no stack. */
  private skip(): null {
    this.tell('too deep', false);
    let open = 0;
    do {
      this.take(NO_STRUCTURE);
      const found = this.text.charCodeAt(this.at);
      if (Number.isNaN(found)) this.fail();
      if (found === QUOTE) this.string();
      else {
        open += found === OPEN_OBJECT || found === OPEN_ARRAY ? 1 : -1;
        this.at += 1;
      }
    } while (open > 0);
    return null;
  }

  /** The next character that is no white space, which stays; NaN at the end. */
  private next(): number {
    this.take(SPACE);
    return this.text.charCodeAt(this.at);
  }

  private take(characters: RegExp): void {
    characters.lastIndex = this.at;
    if (characters.test(this.text)) this.at = characters.lastIndex;
  }

  private tell(fault: JsonFault, isKey: boolean): void {
    this.judge?.onFault(fault, this.path, isKey);
  }

  private fail(): never {
    throw new JsonSyntaxError(this.at);
  }
}

/** As JSON.parse does: an assignment would set the prototype. */
function define(object: object, key: string, value: unknown): void {
  const attributes = { value, writable: true, enumerable: true, configurable: true };
  Object.defineProperty(object, key, attributes);
}
