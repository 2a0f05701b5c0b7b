import { isExactNumber } from './is-exact-number.js';
import { type JsonFault, type JsonJudge, type JsonPath, TooManyKeys } from './json-judge.js';
import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  JsonText,
  MINUS,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
} from './json-text.js';

/**
 * Reads one JSON document in one pass, without JSON.parse: that one gives a key back as another where
 * it holds an escape (nodejs/node#63785), and has lost the digits of a number by the time one looks.
 * With a judge, everything that cannot be kept as it was sent is told; without, it is read as
 * JSON.parse should.
 */
export class JsonReader {
  private readonly text: JsonText;
  private keys = 0;
  private readonly path: JsonPath = [];

  constructor(
    text: string,
    private readonly judge?: JsonJudge,
  ) {
    this.text = new JsonText(text);
  }

  /** @throws JsonSyntaxError, TooManyKeys */
  read(): unknown {
    const value = this.value();
    if (!Number.isNaN(this.text.next())) this.text.fail();
    return value;
  }

  private value(): unknown {
    const first = this.text.next();
    if (first === QUOTE) return this.string();
    if (first === OPEN_OBJECT || first === OPEN_ARRAY) {
      if (this.judge && this.path.length > this.judge.maxDepth) return this.skip();
      return first === OPEN_OBJECT ? this.object() : this.array();
    }
    if (first === MINUS || (first >= 0x30 && first <= 0x39)) return this.number();
    return this.text.literal();
  }

  private object(): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    if (this.isEmpty(CLOSE_OBJECT)) return object;
    do {
      if (this.text.next() !== QUOTE) this.text.fail();
      if (this.judge && (this.keys += 1) > this.judge.maxKeys) throw new TooManyKeys();
      const depth = this.path.push('');
      const key = this.string(depth - 1);
      if (key === '__proto__') this.tell('prototype', true);
      else if (Object.hasOwn(object, key)) this.tell('repeated key', true);
      if (this.text.next() !== COLON) this.text.fail();
      this.text.step();
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
    this.text.step();
    if (this.text.next() !== end) return false;
    this.text.step();
    return true;
  }

  private goesOn(end: number | undefined): boolean {
    const next = this.text.next();
    if (next !== COMMA && next !== end) this.text.fail();
    this.text.step();
    return next === COMMA;
  }

  /** @param place of a key, its place in the path; undefined: a value */
  private string(place?: number): string {
    const text = this.text.string();
    if (place !== undefined) this.path[place] = text;
    // A decoder of UTF-8 leaves neither NUL nor half a pair in a text: only an escape can.
    if (this.judge && this.text.hadEscape) {
      if (text.includes('\0')) this.tell('nul', place !== undefined);
      else if (!text.isWellFormed()) this.tell('half surrogate', place !== undefined);
    }
    return text;
  }

  private number(): number {
    const source = this.text.number();
    const value = Number(source);
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
      const found = this.text.nextStructure();
      if (Number.isNaN(found)) this.text.fail();
      if (found === QUOTE) this.string();
      else {
        open += found === OPEN_OBJECT || found === OPEN_ARRAY ? 1 : -1;
        this.text.step();
      }
    } while (open > 0);
    return null;
  }

  private tell(fault: JsonFault, isKey: boolean): void {
    this.judge?.onFault(fault, this.path, isKey);
  }
}

/** As JSON.parse does: an assignment would set the prototype. */
function define(object: object, key: string, value: unknown): void {
  const attributes = { value, writable: true, enumerable: true, configurable: true };
  Object.defineProperty(object, key, attributes);
}
