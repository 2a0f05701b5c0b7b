/** A receiver that asks for longer is asked again all the same. */
const LONGEST_MS = 6 * 60 * 60 * 1_000;

/** IMF-fixdate (RFC 9110, section 5.6.7), with which all dates of today begin. */
const DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;

/**
 * Milliseconds to wait that a `Retry-After` asks for (RFC 9110, section 10.2.3), 6 hours at most; 0 when
 * there is none that can be understood, or it is over.
 */
export function retryAfterMs(value: string | string[] | undefined, now = Date.now()): number {
  if (typeof value !== 'string') return 0;
  const text = value.trim();
  const ms = /^\d{1,15}$/.test(text)
    ? Number(text) * 1_000
    : DATE.test(text)
      ? Date.parse(text) - now
      : 0;
  return Math.min(Math.max(ms, 0), LONGEST_MS) || 0;
}
