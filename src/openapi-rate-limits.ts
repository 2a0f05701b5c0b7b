import type { OpenAPIObject } from '@nestjs/swagger';

const DRAFT = 'draft-ietf-httpapi-ratelimit-headers-10';

/** By their names; what answers of limited routes tell of limits, once half of one is used up. */
const HEADERS = {
  RateLimit: {
    description: `What is left of the limit, and seconds until it is whole again (${DRAFT}). Told once half of it is used up.`,
    schema: { type: 'string' },
    example: '"read";r=14999;t=7',
  },
  'RateLimit-Policy': {
    description: `The limit: requests in a window of seconds, and at a time (${DRAFT}).`,
    schema: { type: 'string' },
    example: '"read";q=30000;w=10, "read-at-once";q=250;qu="concurrent-requests"',
  },
} as const;

const REFERENCES = Object.fromEntries(
  Object.keys(HEADERS).map((name) => [name, { $ref: `#/components/headers/${name}` }]),
);

interface Operation {
  responses: Record<string, { headers?: object }>;
}

/** Answers that are given before limits are looked at. */
const EARLY = ['401'];

/** Documents them on every answer of a route that can be answered 429. */
export function addRateLimits(document: OpenAPIObject): void {
  document.components = { ...document.components, headers: HEADERS };
  const paths = Object.values(document.paths) as Record<string, Operation>[];
  for (const { responses } of paths.flatMap((path) => Object.values(path))) {
    if (!responses['429']) continue;
    for (const [status, response] of Object.entries(responses))
      if (!EARLY.includes(status)) response.headers = { ...response.headers, ...REFERENCES };
  }
}
