import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import type { components } from './api.js';
import type { Event } from './events.js';

export { WebhookVerificationError };

/** A `Hook.Test` is genuine, too, but tells of no user: answer 2xx and leave it. */
export type WebhookEvent = Event | components['schemas']['HookTest'];

type HeaderRecord = Record<string, string | string[] | undefined>;

/**
 * The event of a webhook, once its signature and its age are found to be right.
 *
 * @param secret `whsec_…`
 * @param headers as `Request` or Node have them
 * @param body as it came, not parsed
 * @throws WebhookVerificationError when it is not from nameplate: answer 401
 */
export function verifyWebhook(
  secret: string,
  headers: Headers | HeaderRecord,
  body: string | Uint8Array,
): WebhookEvent {
  const given: HeaderRecord = headers instanceof Headers ? Object.fromEntries(headers) : headers;
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
  return new Webhook(secret).verify(text, given as Record<string, string>) as WebhookEvent;
}
