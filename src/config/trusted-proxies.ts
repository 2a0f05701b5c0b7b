import ipaddr from 'ipaddr.js';

/** What Fastify has names for. */
const NAMES = ['loopback', 'linklocal', 'uniquelocal'];

const isNetwork = (text: string) =>
  NAMES.includes(text) || ipaddr.isValid(text) || ipaddr.isValidCIDR(text);

/** Whom Fastify believes: networks, or an answer for each hop from here on. */
export type TrustedProxies = string[] | ((address: string, hop: number) => boolean) | false;

/**
 * What `trustProxy` of Fastify takes: a number of proxies, or addresses and networks, separated by commas.
 * False when nothing is set, undefined when it is wrong.
 */
export function trustedProxies(text: string): TrustedProxies | undefined {
  if (text === '') return false;
  if (/^[1-9]\d?$/.test(text)) return (_address, hop) => hop < Number(text);
  const networks = text.split(',').map((network) => network.trim());
  return networks.every(isNetwork) ? networks : undefined;
}
