import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Seconds by which the clocks may differ, and after which a message is taken for a replayed one. */
const TOLERANCE = 300;

/**
 * Whether a message is from nameplate (Standard Webhooks): one of its signatures is the HMAC-SHA256
 * of id, timestamp and body under the secret. The comparison takes the same time for every guess.
 */
export function isGenuine(
  secret: string,
  headers: IncomingHttpHeaders,
  body: Buffer,
  now = Date.now() / 1000,
): boolean {
  const header = (name: string) => String(headers[name] ?? '');
  const [id, timestamp] = [header('webhook-id'), header('webhook-timestamp')];
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(now - Number(timestamp)) > TOLERANCE) return false;
  const expected = createHmac('sha256', Buffer.from(secret.replace(/^whsec_/, ''), 'base64'))
    .update(`${id}.${timestamp}.`)
    .update(body)
    .digest();
  return header('webhook-signature')
    .split(' ')
    .filter((signature) => signature.startsWith('v1,'))
    .map((signature) => Buffer.from(signature.slice(3), 'base64'))
    .some((given) => given.length === expected.length && timingSafeEqual(given, expected));
}
