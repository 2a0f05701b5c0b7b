/** Characters of a host with its port at most: a name has 253 (RFC 1035, section 2.3.4). */
const MAX_LENGTH = 260;

/** What would be no host any more, but the rest of a URL. */
const NO_HOST = /[\s/\\?#@]/;

/**
 * A host in its normal form: lower-case, in ASCII (RFC 5891), without its port and without the dot at
 * its end. Undefined when it is none.
 */
export function hostName(text: string): string | undefined {
  if (text.length > MAX_LENGTH || NO_HOST.test(text)) return undefined;
  const url = `http://${text}`;
  if (!URL.canParse(url)) return undefined;
  const { hostname } = new URL(url);
  const host = hostname.replace(/\.$/, '');
  if (host.startsWith('[')) return host;
  return isName(host) ? host : undefined;
}

const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

const isName = (host: string) =>
  host.length <= 253 && host.split('.').every((label) => LABEL.test(label));

/** A host or a pattern as settings have it: in any case, a dot at its end or not, and without a port. */
export const settingHost = (text: string) => text.toLowerCase().replace(/\.$/, '');

/** Whether it is a host in its normal form. */
export const isHostName = (text: string) => hostName(text) === text;
