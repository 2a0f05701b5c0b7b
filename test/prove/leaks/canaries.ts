import { hash, randomBytes, randomInt } from 'node:crypto';

/** Values that nobody else has, each made for one request, to be looked for where they must not be. */
export class Canaries {
  /** Value → what it is, and the request that it was made for. */
  private readonly made = new Map<string, { what: string; request: number }>();
  private request = 0;

  /** What is made from now on is of another request. */
  next(): number {
    this.request += 1;
    return this.request;
  }

  get count(): number {
    return this.made.size;
  }

  text(what: string): string {
    const letters = [...randomBytes(12)].map((byte) => String.fromCharCode(97 + (byte % 26)));
    return this.note(what, `Cnry${letters.join('')}`);
  }

  phone(): string {
    return this.note('phone', `61455${randomInt(100_000, 1_000_000)}`);
  }

  digest(): string {
    return this.note('digest', hash('sha256', randomBytes(8)));
  }

  /** A secret that was made elsewhere. */
  note(what: string, value: string): string {
    this.made.set(value, { what, request: this.request });
    return value;
  }

  /** A body with a value of its own wherever there is text. */
  plant(value: unknown, name = 'body'): unknown {
    if (KEPT.includes(name)) return value;
    if (name === 'passwordDigest') return this.digest();
    if (typeof value === 'string') return this.plantText(value, name);
    if (Array.isArray(value)) return value.map((one) => this.plant(one, name));
    if (typeof value !== 'object' || value === null) return value;
    const members = Object.entries(value).map(([key, one]) => [key, this.plant(one, key)]);
    const isFree = ['customData', 'details', 'detail', 'address'].includes(name);
    // What a team calls its own data can be as telling as what is in it.
    if (isFree && name !== 'address') members.push([this.text(`key of ${name}`), this.text(name)]);
    return Object.fromEntries(members);
  }

  /** What of it stands in a text, but for what was sent with the same request. */
  *foundIn(text: string, request?: number): Generator<string> {
    const folded = text.toLowerCase();
    for (const [value, { what, request: own }] of this.made)
      if (own !== request && folded.includes(value.toLowerCase()))
        yield `${what}: ${excerpt(text, folded.indexOf(value.toLowerCase()))}`;
  }

  private plantText(text: string, name: string): string {
    if (/^\d+$/.test(text)) return this.phone();
    if (text.includes('@')) return `${this.text(name)}@example.com`;
    if (/^https?:/.test(text)) return `https://example.com/${this.text(name)}`;
    return this.text(name);
  }
}

/** Neither secret nor of anybody: the rule of a field would refuse anything else. */
const KEPT = ['passwordAlgorithm', 'types', 'id', 'applicationId', 'birthdate', 'excludeClientIds'];

const excerpt = (text: string, at: number) => text.slice(Math.max(0, at - 120), at + 80);
