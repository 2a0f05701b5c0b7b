import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { METRICS_PATH, METRICS_TYPE, type Metrics } from './metrics.js';

interface Scraped {
  status: 200 | 401 | 404 | 405;
  headers: OutgoingHttpHeaders;
  text: string;
}

const refusal = (status: Scraped['status'], headers: OutgoingHttpHeaders = {}): Scraped => ({
  ...{ status, headers, text: '' },
});

/** Answers a request to the port that metrics have for themselves. */
export async function answerScrape(
  metrics: Metrics,
  token: string | undefined,
  { method, url = '', headers }: IncomingMessage,
): Promise<Scraped> {
  if (url.split('?', 1)[0] !== METRICS_PATH) return refusal(404);
  if (method !== 'GET' && method !== 'HEAD') return refusal(405, { allow: 'GET, HEAD' });
  if (!mayScrape(token, headers.authorization))
    return refusal(401, { 'www-authenticate': 'Bearer' });
  const text = (await metrics.text()) ?? '';
  return { status: 200, headers: { 'content-type': METRICS_TYPE }, text };
}

/** Whether this header shows the token, if there has to be one. How long it takes tells nothing of it. */
export function mayScrape(token: string | undefined, authorization = ''): boolean {
  if (token === undefined) return true;
  const [, shown = ''] = /^bearer +(\S+)$/i.exec(authorization) ?? [];
  return timingSafeEqual(digest(shown), digest(token));
}

const digest = (text: string) => hash('sha256', text, 'buffer');
