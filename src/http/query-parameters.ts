import { invalidInput, type Violation } from '../errors/app-error.js';
import { jsonPointer } from '../errors/json-pointer.js';
import { isStorable } from '../text/is-storable.js';

/** Characters that the value of a query parameter may have. */
export const MAX_VALUE = 512;

/** Times that a parameter may stand that may stand more than once. */
const MAX_REPEATS = 100;

export const ONCE = 'must stand only once';

/** Reads the query parameters of a request and collects all that is wrong with them. */
export class QueryParameters {
  /** Name → values, one but where a parameter may repeat. */
  readonly given = new Map<string, string[]>();
  private readonly violations: Violation[] = [];

  /** @param mayRepeat whether a parameter may stand more than once */
  constructor(
    parameters: Record<string, unknown>,
    isKnown: (name: string) => boolean,
    mayRepeat: (name: string) => boolean = () => false,
  ) {
    for (const [name, value] of Object.entries(parameters)) {
      const values = [value].flat() as string[];
      if (!isKnown(name))
        this.refuse(name, 'is not a query parameter of this route', 'unknown_parameter');
      else if (values.length > (mayRepeat(name) ? MAX_REPEATS : 1))
        this.refuse(name, mayRepeat(name) ? `must stand at most ${MAX_REPEATS} times` : ONCE);
      else if (!values.every(isStorable)) this.refuse(name, 'must be text without NUL');
      else if (values.some(({ length }) => length > MAX_VALUE))
        this.refuse(name, `must have at most ${MAX_VALUE} characters`);
      else this.given.set(name, values);
    }
  }

  /** All values of a parameter that may stand more than once. */
  all(name: string): string[] {
    return this.given.get(name) ?? [];
  }

  refuse(name: string, detail: string, code: Violation['code'] = 'invalid_format'): void {
    this.violations.push({ pointer: jsonPointer([name]), code, detail });
  }

  text(name: string): string | undefined {
    return this.given.get(name)?.[0];
  }

  /** A whole number in decimal digits. */
  whole(name: string, fallback: number, min: number, max: number): number {
    const text = this.text(name);
    if (text === undefined) return fallback;
    if (/^(0|[1-9]\d{0,15})$/.test(text) && Number(text) >= min && Number(text) <= max)
      return Number(text);
    this.refuse(name, `must be a whole number from ${min} to ${max}`);
    return fallback;
  }

  choice<Value extends string>(name: string, values: readonly Value[]): Value | undefined {
    const text = this.text(name);
    if (text === undefined || values.includes(text as Value)) return text as Value | undefined;
    this.refuse(name, `must be one of ${values.join(', ')}`);
    return undefined;
  }

  /** Some of the values, with commas between. */
  choices<Value extends string>(name: string, values: readonly Value[]): Value[] | undefined {
    const items = this.text(name)?.split(',');
    if (!items?.some((item) => !values.includes(item as Value)))
      return items as Value[] | undefined;
    this.refuse(name, `must be some of ${values.join(', ')}, with commas between`);
    return undefined;
  }

  truth(name: string): boolean | undefined {
    const text = this.choice(name, ['true', 'false']);
    return text === undefined ? undefined : text === 'true';
  }

  /** @throws AppError guard.invalid_input with every parameter that is wrong */
  check(): void {
    if (this.violations.length > 0) throw invalidInput(this.violations);
  }
}
