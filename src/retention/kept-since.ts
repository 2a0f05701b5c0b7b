const DAY_MS = 86_400_000;

/** Days that a month has at most: events that are kept for so many, or more, go by whole months. */
const MONTH_DAYS = 31;

/**
 * From when on events are kept: for so many days, and what is kept for at least a month until all of its month
 * (in UTC) is older. Undefined = for ever.
 *
 * @param days 0 is for ever
 */
export function keptSince(days: number, now: Date): Date | undefined {
  if (days === 0) return undefined;
  const since = new Date(now.getTime() - days * DAY_MS);
  return days < MONTH_DAYS
    ? since
    : new Date(Date.UTC(since.getUTCFullYear(), since.getUTCMonth()));
}
