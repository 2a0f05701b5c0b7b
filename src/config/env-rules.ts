import { Transform } from 'class-transformer';
import { ValidateBy, type ValidationOptions } from 'class-validator';
import { isHostName, settingHost } from './host-name.js';
import { isForWriting, urlsOfHosts } from './postgres-url.js';
import { parseSelfServiceFields } from './self-service-fields.js';
import { isHostPattern, ofTenantTemplate } from './tenant-template.js';

const rule =
  (name: string, accepts: (value: string) => boolean, expectation: string) =>
  (options?: ValidationOptions) =>
    ValidateBy(
      {
        name,
        validator: {
          validate: (value: unknown) => typeof value === 'string' && accepts(value),
          defaultMessage: () => expectation,
        },
      },
      options,
    );

const hasProtocol = (value: string, ...protocols: string[]) =>
  URL.canParse(value) && protocols.includes(new URL(value).protocol);

function isHttpUrl(value: string): boolean {
  if (!hasProtocol(value, 'http:', 'https:')) return false;
  const { username, password } = new URL(value);
  return username === '' && password === '';
}

export const IsHttpUrl = rule(
  'isHttpUrl',
  isHttpUrl,
  'must be set to an http(s) URL without user name and password',
);

/** `{tenant}` may stand in it, also for a label of the host. */
export const IsHttpUrlTemplate = rule(
  'isHttpUrlTemplate',
  (value) => isHttpUrl(ofTenantTemplate(value, 'id')),
  'must be set to an http(s) URL without user name and password',
);

export const IsHostPattern = rule(
  'isHostPattern',
  isHostPattern,
  'each entry must be a pattern such as *.users.example.com, in ASCII and without a port',
);

export const IsHostName = rule(
  'isHostName',
  isHostName,
  'each entry must be a host such as tenants.example.com, in ASCII and without a port',
);

/** RFC 9110, section 5.6.2. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/;

/** RFC 9110, section 5.5, in ASCII. */
const HEADER_VALUE = /^[\t\x20-\x7e]+$/;

export const IsHeaderName = rule(
  'isHeaderName',
  (value) => HEADER_NAME.test(value),
  'must be the name of a header, such as x-forwarded-host',
);

export const IsHttpOrigin = rule(
  'isHttpOrigin',
  (value) => {
    // Any subdomain, of a domain that is somebody's.
    const one = value.replace(/^(https?:\/\/)\*\.(?=[^.]+\.)/, '$1any.');
    return hasProtocol(one, 'http:', 'https:') && new URL(one).origin === one && !one.includes('*');
  },
  'must be an origin such as https://app.example.com or https://*.example.com',
);

export const IsPostgresUrl = rule(
  'isPostgresUrl',
  (value) => urlsOfHosts(value).length > 0,
  'must be set to a URL such as postgres://user:password@host:5432/database, or of several hosts ' +
    '(host:5432,host:5432), each of which is named',
);

export const IsUrlForWriting = rule(
  'isUrlForWriting',
  isForWriting,
  'target_session_attrs must be read-write or primary',
);

export const IsLimitsStore = rule(
  'isLimitsStore',
  (value) => ['memory', 'postgres'].includes(value) || hasProtocol(value, 'redis:', 'rediss:'),
  'must be memory, postgres, or a URL such as redis://host:6379',
);

const BASE64_OF_32_BYTES = /^[A-Za-z0-9+/]{43}=$/;

export const IsSecretsKey = rule(
  'isSecretsKey',
  (value) => BASE64_OF_32_BYTES.test(value),
  'each entry must be 32 bytes in base64',
);

/** What a header can carry as a bearer token (RFC 6750, section 2.1), and nobody guesses. */
const SCRAPE_TOKEN = /^[A-Za-z0-9._~+/-]{16,256}={0,2}$/;

export const IsScrapeToken = rule(
  'isScrapeToken',
  (value) => SCRAPE_TOKEN.test(value),
  'must be 16 to 256 letters, digits or -._~+/',
);

/** An environment variable that is not set, and one that is set to '', mean the same. */
export const Default = (fallback?: string) =>
  Transform(({ value }: { value: string }) => (value === '' ? fallback : value));

const NumberAs = (pattern: RegExp, fallback: number | undefined) =>
  Transform(({ value }: { value: string }) => {
    if (value === '') return fallback;
    return pattern.test(value) ? Number(value) : Number.NaN;
  });

export const Integer = (fallback?: number) => NumberAs(/^\d+$/, fallback);

export const Fraction = (fallback: number) => NumberAs(/^(\d+\.?\d*|\.\d+)$/, fallback);

const items = (value: string) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);

export const List = () => Transform(({ value }: { value: string }) => items(value));

/** `name=value,name=value`, percent-encoded; undefined is the value of an entry that is none. */
export const KeyValues = () =>
  Transform(({ value }: { value: string }) => new Map(items(value).map((item) => keyValue(item))));

function keyValue(item: string): [name: string, value: string | undefined] {
  const [, name = '', value = ''] = /^([^=]*)=(.*)$/s.exec(item) ?? [];
  if (!HEADER_NAME.test(name.trim())) return [name, undefined];
  try {
    const decoded = decodeURIComponent(value.trim());
    return [name.trim(), HEADER_VALUE.test(decoded) ? decoded : undefined];
  } catch {
    return [name, undefined];
  }
}

/** Hosts, or patterns of hosts: their case does not matter. */
export const Hosts = () =>
  Transform(({ value }: { value: string }) => items(value).map(settingHost));

export const SelfServiceFields = () =>
  Transform(({ value }: { value: string }) => parseSelfServiceFields(items(value)));
