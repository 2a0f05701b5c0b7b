import type { ApiResponseOptions } from '@nestjs/swagger';

type Headers = NonNullable<ApiResponseOptions['headers']>;

const DRAFT = 'draft-ietf-httpapi-ratelimit-headers-10';

const text = (description: string, example: string) => ({
  description,
  schema: { type: 'string' as const },
  example,
});

const CHALLENGE: Headers = {
  'WWW-Authenticate': text(
    'What is wrong with the token (RFC 6750).',
    'Bearer error="invalid_token"',
  ),
};

const RETRY: Headers = { 'Retry-After': text('Seconds to wait.', '1') };

/** What answers of limited routes tell once half of a limit is used up. */
const LIMITS: Headers = {
  RateLimit: text(
    `What is left of the limit, and seconds until it is whole again (${DRAFT}). On every answer once half of it is used up.`,
    '"read";r=14999;t=7',
  ),
  'RateLimit-Policy': text(
    `The limit: requests in a window of seconds, and at a time (${DRAFT}). Beside \`RateLimit\`.`,
    '"read";q=30000;w=10, "read-at-once";q=250;qu="concurrent-requests"',
  ),
};

/** By the status of the problem. */
export const PROBLEM_HEADERS: Record<number, Headers> = {
  401: CHALLENGE,
  403: CHALLENGE,
  429: { ...RETRY, ...LIMITS },
  503: RETRY,
};
