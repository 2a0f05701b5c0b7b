import { JsonSyntaxError } from './json-judge.js';

export const [QUOTE, BACKSLASH, COMMA, COLON, MINUS] = ['"', '\\', ',', ':', '-'].map(code);
export const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = ['{', '}', '[', ']'].map(code);

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

/** A JSON document as characters, of which one word after the other is taken. */
export class JsonText {
  private at = 0;
  /** Whether the last string had an escape. */
  hadEscape = false;

  constructor(private readonly text: string) {}

  /** The next character that is no white space, which stays; NaN at the end. */
  next(): number {
    this.take(SPACE);
    return this.text.charCodeAt(this.at);
  }

  /** Over one character. */
  step(): void {
    this.at += 1;
  }

  /** Over all that neither opens nor closes anything, up to a character that stays; NaN at the end. */
  nextStructure(): number {
    this.take(NO_STRUCTURE);
    return this.text.charCodeAt(this.at);
  }

  string(): string {
    this.at += 1;
    let text = '';
    let from = this.at;
    this.hadEscape = false;
    for (;;) {
      this.take(PLAIN);
      const found = this.text.charCodeAt(this.at);
      if (found === QUOTE) break;
      if (found !== BACKSLASH) this.fail();
      text += this.text.slice(from, this.at) + this.escape();
      from = this.at;
      this.hadEscape = true;
    }
    text += this.text.slice(from, this.at);
    this.at += 1;
    return text;
  }

  /** A number as it is written. */
  number(): string {
    const begin = this.at;
    this.take(NUMBER);
    if (this.at === begin) this.fail();
    return this.text.slice(begin, this.at);
  }

  literal(): boolean | null {
    for (const [name, literal] of Object.entries(LITERALS))
      if (this.text.startsWith(name, this.at)) {
        this.at += name.length;
        return literal;
      }
    return this.fail();
  }

  /** @throws JsonSyntaxError */
  fail(): never {
    throw new JsonSyntaxError(this.at);
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

  private take(characters: RegExp): void {
    characters.lastIndex = this.at;
    if (characters.test(this.text)) this.at = characters.lastIndex;
  }
}
