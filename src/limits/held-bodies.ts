/** Bytes that requests hold, by caller: of too many, who has no more than others have still has some. */
export class HeldBodies {
  private readonly callers = new Map<string, number>();
  private bytes = 0;

  /** @param most bytes that are held, all together, by those who have more than others; twice as many by anybody */
  constructor(private readonly most: number) {}

  /** Whether a caller may hold so many more. */
  take(name: string, length: number): boolean {
    const held = this.callers.get(name) ?? 0;
    const all = this.bytes + length;
    const isLarge = held >= this.bytes / this.callers.size;
    if (all > 2 * this.most || (all > this.most && isLarge)) return false;
    this.callers.set(name, held + length);
    this.bytes = all;
    return true;
  }

  give(name: string, length: number): void {
    const left = (this.callers.get(name) ?? 0) - length;
    if (left > 0) this.callers.set(name, left);
    else this.callers.delete(name);
    this.bytes -= length;
  }
}
