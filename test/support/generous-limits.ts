/**
 * For suites and loads, which ask thousands of times a second as one client and from one address: limits are
 * counted, and not met. What they do is told by their own tests.
 */
export const GENEROUS_LIMITS = {
  ...Object.fromEntries(
    ['READ', 'WRITE', 'SEARCH', 'PASSWORD', 'STREAM'].map((name) => [
      `LIMITS_${name}`,
      '100000000/1s,100000',
    ]),
  ),
  LIMITS_PUBLIC: 'off',
  LIMITS_FAILED_TOKENS: 'off',
  LIMITS_FAILED_PASSWORDS: 'off',
};
