/** A receiver that asks for longer is asked again all the same. */
const LONGEST_MS = 6 * 60 * 60 * 1_000;

const MONTH = '(?<month>[A-Z][a-z]{2})';
const TIME = '(?<time>\\d\\d:\\d\\d:\\d\\d)';

/** The forms of an HTTP-date (RFC 9110, section 5.6.7): of today, of RFC 850, and of asctime. */
const DATES = [
  `(Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?<day>\\d\\d) ${MONTH} (?<year>\\d{4}) ${TIME} GMT`,
  `(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>\\d\\d)-${MONTH}-(?<year>\\d\\d) ${TIME} GMT`,
  `(Mon|Tue|Wed|Thu|Fri|Sat|Sun) ${MONTH} (?<day>[ \\d]\\d) ${TIME} (?<year>\\d{4})`,
].map((form) => new RegExp(`^${form}$`));

/**
 * Milliseconds to wait that a `Retry-After` asks for (RFC 9110, section 10.2.3), 6 hours at most; 0 when
 * there is none that can be understood, or it is over.
 */
export function retryAfterMs(value: string | string[] | undefined, now = Date.now()): number {
  if (typeof value !== 'string') return 0;
  const text = value.trim();
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : parseDate(text, now) - now;
  return Math.min(Math.max(ms, 0), LONGEST_MS) || 0;
}

/** Milliseconds since the epoch; NaN when it is no HTTP-date. */
function parseDate(text: string, now: number): number {
  const found = DATES.map((form) => form.exec(text)?.groups).find(Boolean);
  if (!found) return NaN;
  const { day, month, year = '', time } = found;
  const fullYear = year.length === 2 ? nearest(Number(year), now) : year;
  return Date.parse(`${day} ${month} ${fullYear} ${time} GMT`);
}

/** The year with these last two digits that is 50 years ahead at most, or else past. */
function nearest(lastTwo: number, now: number): number {
  const first = new Date(now).getUTCFullYear() - 49;
  return first + ((lastTwo - (first % 100) + 100) % 100);
}
