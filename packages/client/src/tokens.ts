/** A token, or what gets one. The function is asked when one is needed, and again once it is refused. */
export type TokenSource = string | (() => string | Promise<string>);

/** The token in use. Calls at the same time ask for it once. */
export class Tokens {
  private current: Promise<string> | undefined;

  constructor(private readonly source: TokenSource) {}

  get(): Promise<string> {
    if (this.current) return this.current;
    const { source } = this;
    const asked = typeof source === 'string' ? Promise.resolve(source) : (async () => source())();
    this.current = asked;
    // The next call asks again.
    asked.catch(() => this.forget(asked));
    return asked;
  }

  /** Answers whether there may be another one than this, which was refused. */
  async refuse(token: string): Promise<boolean> {
    if (typeof this.source === 'string') return false;
    const { current } = this;
    if (current && (await current) === token) this.forget(current);
    return true;
  }

  private forget(asked: Promise<string>): void {
    if (this.current === asked) this.current = undefined;
  }
}
