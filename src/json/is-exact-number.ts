/** Significant digits that every double keeps (DBL_DIG of IEEE 754, binary64). */
const SAFE_LENGTH = 15;

/** Whether a number, read and written again, is still the value that its source says. */
export function isExactNumber(source: string, value: number): boolean {
  if (source.length <= SAFE_LENGTH && !/[eE]/.test(source)) return true;
  return decimal(source) === decimal(String(value));
}

/** The value in one form: its digits without outer zeros, and the exponent of the last of them. */
function decimal(source: string): string {
  const [mantissa = '', exponent = '0'] = source.replace(/^-/, '').toLowerCase().split(/e\+?/);
  const [whole = '', fraction = ''] = mantissa.split('.');
  const digits = whole + fraction;
  let end = digits.length;
  // By hand: /0+$/ takes the square of the zeros in the middle.
  while (end > 0 && digits[end - 1] === '0') end -= 1;
  const significant = digits.slice(0, end).replace(/^0+/, '');
  if (significant === '') return '0';
  const sign = source.startsWith('-') ? '-' : '';
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - end}`;
}
