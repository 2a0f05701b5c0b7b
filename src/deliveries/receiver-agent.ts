import { lookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';
import type { Env } from '../config/env.js';
import { isAddress, isPublicAddress } from './public-address.js';

/** A connection that was refused because of where it would have led. */
class PrivateAddressError extends Error {
  override name = 'PrivateAddressError';
  readonly code = 'ADDRESS_NOT_PUBLIC';

  constructor() {
    super('the address is not public');
  }
}

/** The connections to all receivers. */
export function createAgent({ HOOKS_TIMEOUT_SECONDS, HOOKS_ALLOW_PRIVATE_TARGETS }: Env): Agent {
  const timeout = HOOKS_TIMEOUT_SECONDS * 1_000;
  const mayBePrivate = HOOKS_ALLOW_PRIVATE_TARGETS === 'on';
  return new Agent({ connect: mayBePrivate ? { timeout } : publicConnector(timeout) });
}

/**
 * Connects to public addresses only. What is judged are the very addresses that the socket then
 * tries, so a name that resolves to something else a moment later (DNS rebinding) gains nothing.
 *
 * @param timeout milliseconds
 */
function publicConnector(timeout: number): buildConnector.connector {
  const connect = buildConnector({ timeout, lookup: publicLookup });
  return (options, callback) => {
    // Addresses are not looked up, so the lookup does not see them.
    const { hostname } = options;
    if (isAddress(hostname) && !isPublicAddress(hostname))
      callback(new PrivateAddressError(), null);
    else connect(options, callback);
  };
}

const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    // With an error there are none.
    const [first] = error ? [] : addresses;
    if (error) callback(error, '');
    else if (!first || !addresses.every(({ address }) => isPublicAddress(address)))
      callback(new PrivateAddressError(), '');
    else if (options.all) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
};
