import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The only part of IPv6 that is given to anybody (RFC 4291, section 2.4; IANA). */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

const withoutBrackets = (host: string) => host.replace(/^\[|\]$/g, '');

/** Whether a host is an IP address; those of IPv6 stand in brackets in a URL. */
export const isAddress = (host: string) => isIP(withoutBrackets(host)) !== 0;

/** Whether an IP address is one that anybody on the internet may have. */
export function isPublicAddress(host: string): boolean {
  const text = withoutBrackets(host);
  if (!ipaddr.isValid(text)) return false;
  // `process` takes an IPv4 address out of the IPv6 one that it is mapped into.
  const address = ipaddr.process(text);
  if (address.range() !== 'unicast') return false;
  return address instanceof ipaddr.IPv4 || address.match(GLOBAL_UNICAST);
}

/**
 * Whether the host of a URL is plainly not public; other names tell only when they are resolved. The
 * URL has already made other forms of IPv4 addresses, such as 0x7f.1, the usual one.
 */
export function isPrivateHost(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/\.$/, '');
  if (host === 'localhost' || host.endsWith('.localhost')) return true;
  return isAddress(host) && !isPublicAddress(host);
}
