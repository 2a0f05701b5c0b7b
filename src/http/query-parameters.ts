import { invalidInput, type Violation } from '../errors/app-error.js';
import { jsonPointer } from '../errors/json-pointer.js';

/** Characters that the value of a query parameter may have. */
export const MAX_VALUE = 512;

/** Reads the query parameters of a request and collects all that is wrong with them. */
export class QueryParameters {
  readonly given = new Map<string, string>();
  private readonly violations: Violation[] = [];

  constructor(parameters: Record<string, unknown>, isKnown: (name: string) => boolean) {
    for (const [name, value] of Object.entries(parameters)) {
      if (!isKnown(name))
        this.refuse(name, 'is not a query parameter of this route', 'unknown_parameter');
      else if (typeof value !== 'string') this.refuse(name, 'must stand only once');
      else if (value.includes('\0') || !value.isWellFormed() || value.length > MAX_VALUE)
        this.refuse(name, `must be text of at most ${MAX_VALUE} characters, none of them NUL`);
      else this.given.set(name, value);
    }
  }

  refuse(name: string, detail: string, code: Violation['code'] = 'invalid_format'): void {
    this.violations.push({ pointer: jsonPointer([name]), code, detail });
  }

  text(name: string): string | undefined {
    return this.given.get(name);
  }

  /** A whole number in decimal digits. */
  whole(name: string, fallback: number, min: number, max: number): number {
    const text = this.given.get(name);
    if (text === undefined) return fallback;
    if (/^(0|[1-9]\d{0,15})$/.test(text) && Number(text) >= min && Number(text) <= max)
      return Number(text);
    this.refuse(name, `must be a whole number from ${min} to ${max}`);
    return fallback;
  }

  choice<Value extends string>(name: string, values: readonly Value[]): Value | undefined {
    const text = this.given.get(name);
    if (text === undefined || values.includes(text as Value)) return text as Value | undefined;
    this.refuse(name, `must be one of ${values.join(', ')}`);
    return undefined;
  }

  /** Some of the values, with commas between. */
  choices<Value extends string>(name: string, values: readonly Value[]): Value[] | undefined {
    const items = this.given.get(name)?.split(',');
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
