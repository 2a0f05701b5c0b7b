const UNITS = { s: 1, m: 60, h: 3_600 } as const;

/** `100/10s`, or with a bound at a time `100/10s,4`. */
const SETTING = /^(\d{1,9})\/(\d{0,5})([smh])(?:,(\d{1,6}))?$/;

const DAY = 86_400;

/** So many requests in so many seconds, and so many at a time; Infinity is no bound. */
export class Rate {
  static readonly OFF = new Rate('off', Infinity, 1, Infinity);

  private constructor(
    private readonly text: string,
    readonly requests: number,
    readonly seconds: number,
    readonly atOnce: number,
  ) {}

  /** Undefined: it is none. */
  static parse(text: string): Rate | undefined {
    if (text === 'off') return Rate.OFF;
    const [, requests, count, unit, atOnce] = SETTING.exec(text) ?? [];
    if (requests === undefined) return undefined;
    const seconds = Number(count === '' ? 1 : count) * UNITS[unit as keyof typeof UNITS];
    const rate = new Rate(text, Number(requests), seconds, Number(atOnce ?? Infinity));
    const isBound = rate.requests > 0 && rate.atOnce > 0 && seconds > 0 && seconds <= DAY;
    return isBound ? rate : undefined;
  }

  get isOff(): boolean {
    return this === Rate.OFF;
  }

  times(factor: number): Rate {
    if (this.isOff || factor === Infinity) return Rate.OFF;
    return new Rate(this.text, this.requests * factor, this.seconds, this.atOnce * factor);
  }

  /** As it is set. */
  toString(): string {
    return this.text;
  }
}
