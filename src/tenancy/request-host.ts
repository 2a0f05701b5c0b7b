import type { FastifyRequest } from 'fastify';
import { hostName } from '../config/host-name.js';
import type { Env } from '../config/env.js';

type Settings = Pick<Env, 'TENANT_HOST_HEADER' | 'OPERATOR_HOSTS'>;

/**
 * The host that a request is for, in its normal form: what a trusted proxy says by TENANT_HOST_HEADER, if
 * that is set and there, else the authority of the target or `Host`. Undefined when it is none.
 */
export function requestHost(request: FastifyRequest, settings: Settings): string | undefined {
  return hostName(givenHost(request, settings) ?? '');
}

/** As it was given, with its port and in any case. */
export function givenHost(
  { headers, raw }: FastifyRequest,
  { TENANT_HOST_HEADER: name }: Settings,
): string | undefined {
  const forwarded = name === undefined ? undefined : headers[name.toLowerCase()];
  // A proxy sets it once; of two values nobody knows which one is the proxy's.
  if (forwarded !== undefined) return String(forwarded);
  return ABSOLUTE.exec(raw.url ?? '')?.[1] ?? headers.host;
}

/** The authority of a target in absolute form stands above `Host` (RFC 9112, section 3.2.2). */
const ABSOLUTE = /^https?:\/\/([^/?]*)/i;

/** Whether the request is for a host of operators. */
export const isForOperators = (request: FastifyRequest, settings: Settings) =>
  settings.OPERATOR_HOSTS.length > 0 &&
  settings.OPERATOR_HOSTS.includes(requestHost(request, settings) ?? '');
