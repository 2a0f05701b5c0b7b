/** Counts what goes on at a time, by key; nothing is kept of a key of which nothing does. */
export class Slots {
  private readonly taken = new Map<string, number>();

  /** Whether there was one. */
  take(key: string, max: number): boolean {
    const taken = this.taken.get(key) ?? 0;
    if (taken >= max) return false;
    this.taken.set(key, taken + 1);
    return true;
  }

  free(keys: readonly string[]): void {
    for (const key of keys) {
      const taken = this.taken.get(key) ?? 0;
      if (taken > 1) this.taken.set(key, taken - 1);
      else this.taken.delete(key);
    }
  }
}
