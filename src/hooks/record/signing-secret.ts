import { createHmac, randomBytes } from 'node:crypto';

/** A secret that signs, until it is replaced. */
export interface SigningSecret {
  /** `whsec_` and 24 bytes in base64, as Standard Webhooks has it. */
  secret: string;
  /** Milliseconds since the epoch; a secret that was replaced signs until then. */
  until?: number;
}

const PREFIX = 'whsec_';

/** How long receivers have to learn a new secret. */
const OVERLAP_MS = 24 * 60 * 60 * 1_000;

export const newSecret = () => `${PREFIX}${randomBytes(24).toString('base64')}`;

/** Secrets that sign at the same time; each makes the header longer. */
const MAX_SECRETS = 5;

const isValid = ({ until }: SigningSecret, now: number) => until === undefined || until > now;

/** A new secret first; those before it sign on for a while. */
export function rotated(secrets: SigningSecret[], secret: string, now: number): SigningSecret[] {
  const others = secrets
    .filter((other) => isValid(other, now))
    .map((other) => ({ until: now + OVERLAP_MS, ...other }));
  return [{ secret }, ...others].slice(0, MAX_SECRETS);
}

/**
 * The headers of Standard Webhooks 1.0: one signature for each secret that is valid now.
 *
 * @param now milliseconds since the epoch
 */
export function signed(
  id: string,
  body: string,
  secrets: SigningSecret[],
  now: number,
): Record<string, string> {
  const timestamp = String(Math.floor(now / 1_000));
  const signatures = secrets
    .filter((secret) => isValid(secret, now))
    .map(({ secret }) => signature(secret, `${id}.${timestamp}.${body}`));
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}

function signature(secret: string, content: string): string {
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
  return `v1,${createHmac('sha256', key).update(content).digest('base64')}`;
}
