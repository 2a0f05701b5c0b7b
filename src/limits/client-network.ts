import ipaddr from 'ipaddr.js';

/** Bits of an IPv6 address that a provider gives to one customer (RFC 6177). */
const CUSTOMER_BITS = 64;

/** Whom an address belongs to: itself, or of IPv6 the network of the customer, who has all of its addresses. */
export function clientNetwork(text: string): string {
  if (!ipaddr.isValid(text)) return text;
  const address = ipaddr.process(text);
  if (address instanceof ipaddr.IPv4) return address.toString();
  return ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/${CUSTOMER_BITS}`).toString();
}
