import { describe, expect, it } from '@jest/globals';
import { parseEnv } from '../../src/config/load-env.js';
import { urlsOfHosts } from '../../src/config/postgres-url.js';

const messageFor = (variables: Record<string, string>): string => {
  try {
    parseEnv(variables);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('parseEnv', () => {
  it('has a default for everything outside production', () => {
    expect(parseEnv({})).toMatchObject({ PORT: 3000, DATABASE_POOL_SIZE: 20, CORS_ORIGINS: [] });
  });

  it('takes a variable that is set to nothing as one that is not set', () => {
    expect(parseEnv({ PORT: '', DATABASE_URL: '', CORS_ORIGINS: '' })).toEqual(parseEnv({}));
  });

  it('listens on loopback, in production on every interface, unless HOST says otherwise', () => {
    const production = {
      NODE_ENV: 'production',
      DATABASE_URL: 'postgres://h/d',
      AUTH_ISSUER: 'https://i',
    };
    expect(parseEnv({}).host).toBe('127.0.0.1');
    expect(parseEnv(production).host).toBe('0.0.0.0');
    expect(parseEnv({ HOST: '::1' }).host).toBe('::1');
  });

  it.each([
    ['NODE_ENV', 'staging'],
    ['PORT', '70000'],
    ['PORT', '0'],
    ['PORT', '12x'],
    ['PORT', '-1'],
    ['DATABASE_URL', 'mysql://secret@h/d'],
    ['DATABASE_URL', 'secret'],
    ...[
      'postgres://secret,:5432/d',
      'postgres://a,,secret/d',
      'postgres://a:5432,b:secret/d',
      'postgres://a,b/d?host=secret',
      'mysql://a:1,secret:2/d',
    ].map((url): [string, string] => ['DATABASE_URL', url]),
    ...['any', 'standby', 'read-only', 'secret'].map((attrs): [string, string] => [
      'DATABASE_URL',
      `postgres://a,b/d?target_session_attrs=${attrs}`,
    ]),
    ['DATABASE_POOL_SIZE', '0'],
    ['AUTH_ISSUER', 'secret.example.com'],
    ['AUTH_JWKS_URI', 'ftp://secret/jwks'],
    ['AUTH_JWKS_URI', 'https://user:secret@example.com/jwks'],
    ['AUTH_ISSUER', 'https://secret@example.com'],
    ['AUTH_MANAGEMENT_ISSUER', 'https://{tenant}.secret.example'],
    ['AUTH_MANAGEMENT_JWKS_URI', 'ftp://secret/jwks'],
    ['LOG_LEVEL', 'loud-secret'],
    ['BODY_LIMIT_BYTES', '7'],
    ['CUSTOM_DATA_MAX_BYTES', '1e9'],
    ...['secret', '0/20s', '5/0s', '5/10s,0', '5/2d', '5', '1/25h', '-1/1s', '5/10s 4'].map(
      (rate): [string, string] => ['LIMITS_READ', rate],
    ),
    ...['0', '70000', 'secret'].map((port): [string, string] => ['METRICS_PORT', port]),
    ...['secret', 'secret secret secret', 'secrét-secret-secret'].map((token): [string, string] => [
      'METRICS_TOKEN',
      token,
    ]),
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'secret:4317'],
    ...['secret', '=secret', 'a=', 'a=%zz-secret', 'a=secr%C3%A9t', 'a=b,secret'].map(
      (headers): [string, string] => ['OTEL_EXPORTER_OTLP_HEADERS', headers],
    ),
    ['OTEL_TRACES_SAMPLER', 'secret'],
    ...['secret', '1.1', '-1', '1e-3'].map((ratio): [string, string] => [
      'OTEL_TRACES_SAMPLER_ARG',
      ratio,
    ]),
    ['LIMITS_PUBLIC', 'secret'],
    ['LIMITS_FAILED_TOKENS', 'secret'],
    ['LIMITS_FAILED_PASSWORDS', 'secret'],
    ['LIMITS_TENANT', '0'],
    ['LIMITS_TENANT', 'secret'],
    ['LIMITS_STORE', 'memcached://secret'],
    ['TRUSTED_PROXIES', 'secret.example'],
    ['TRUSTED_PROXIES', '10.0.0.0/8, secret'],
    ['SELF_SERVICE_FIELDS', 'name:secret'],
    ['SELF_SERVICE_FIELDS', 'primaryEmail:edit'],
    ['SELF_SERVICE_FIELDS', 'id:off'],
    ['SELF_SERVICE_PROVISIONING', 'yes'],
    ['SELF_SERVICE_ASSUME_VERIFIED', 'email,secret'],
    ['CORS_ORIGINS', 'https://ok.example, https://secret.example/path'],
    ...['https://*.com', 'https://a.*.secret.com', 'https://*secret.com'].map(
      (origin): [string, string] => ['CORS_ORIGINS', origin],
    ),
    ['CORS_ORIGINS', 'https://*.*.secret.com'],
    ...['secret.example.com', '*secret.com', 'a.*.secret.com', '*.secret.com:80', '*..secret'].map(
      (pattern): [string, string] => ['TENANT_HOSTS', pattern],
    ),
    ['TENANT_HOSTS', '*.sécret.example'],
    ['TENANT_HOST_HEADER', 'secret header'],
    ...['secret.example:80', '*.secret.example', 'sécret.example', 'secret/path'].map(
      (host): [string, string] => ['OPERATOR_HOSTS', host],
    ),
    ['OPERATOR_ISSUER', 'https://{tenant}.secret.example'],
    ['OPERATOR_JWKS_URI', 'secret'],
  ])('refuses %s=%s, names it and keeps its value to itself', (name, value) => {
    const message = messageFor({ [name]: value });
    expect(message).toMatch(new RegExp(`^${name}: \\S`));
    expect(message).not.toContain('secret');
    expect(message).not.toContain(value);
  });

  it.each([
    ['postgres://u:p%40@h/d', ['postgres://u:p%40@h/d']],
    ['postgresql:///d?host=/run/postgresql', ['postgresql:///d?host=/run/postgresql']],
    [
      'postgres://u:p@a:5432,[::1]:5433,c/d?target_session_attrs=primary',
      ['a:5432', '[::1]:5433', 'c'].map(
        (host) => `postgres://u:p@${host}/d?target_session_attrs=primary`,
      ),
    ],
    ['postgres://u:p@q@a,b/d', ['postgres://u:p@q@a/d', 'postgres://u:p@q@b/d']],
  ])('takes DATABASE_URL=%s for the hosts that it names', (url, urls) => {
    expect(parseEnv({ DATABASE_URL: url }).DATABASE_URL).toBe(url);
    expect(urlsOfHosts(url)).toEqual(urls);
  });

  it('takes rates of limits in seconds, minutes and hours, with a bound at a time or none, and off', () => {
    const rateOf = (text: string) => parseEnv({ LIMITS_READ: text }).LIMITS_READ;
    expect(rateOf('100/10s,4')).toMatchObject({ requests: 100, seconds: 10, atOnce: 4 });
    expect(rateOf('5/s')).toMatchObject({ requests: 5, seconds: 1, atOnce: Infinity });
    expect(rateOf('5/15m').seconds).toBe(900);
    expect(rateOf('5/1h').seconds).toBe(3_600);
    expect(rateOf('off').isOff).toBe(true);
    expect(parseEnv({ LIMITS_TENANT: 'off' }).LIMITS_TENANT).toBe(Infinity);
  });

  it('says what target_session_attrs may be', () => {
    const url = 'postgres://a,b/d?target_session_attrs=any';
    expect(messageFor({ DATABASE_URL: url })).toBe(
      'DATABASE_URL: target_session_attrs must be read-write or primary',
    );
  });

  it('tells everything that is wrong at once', () => {
    const message = messageFor({ PORT: 'x', LOG_LEVEL: 'y', NODE_ENV: 'production' });
    expect(message.split('\n').map((line) => line.split(':')[0])).toEqual([
      'PORT',
      'LOG_LEVEL',
      'DATABASE_URL',
      'AUTH_ISSUER',
    ]);
  });

  it.each(['*', 'https://*'])('refuses the origin %s', (origin) => {
    expect(messageFor({ CORS_ORIGINS: origin })).toContain('must be an origin');
  });

  it('refuses a client that is of both kinds', () => {
    const settings = { AUTH_USER_CLIENTS: 'a, b', AUTH_MANAGEMENT_CLIENTS: 'c,b' };
    expect(messageFor(settings)).toMatch(/^AUTH_MANAGEMENT_CLIENTS: must have no client/);
  });

  it.each([
    [{ AUTH_MANAGEMENT_ISSUER: 'https://m' }, 'AUTH_MANAGEMENT_ISSUER: needs AUTH_ISSUER'],
    [
      { AUTH_ISSUER: 'https://u', AUTH_MANAGEMENT_JWKS_URI: 'https://m/jwks' },
      'AUTH_MANAGEMENT_JWKS_URI: needs AUTH_MANAGEMENT_ISSUER',
    ],
    [
      { AUTH_ISSUER: 'https://u', AUTH_MANAGEMENT_ISSUER: 'https://m', TENANT_HOSTS: '*.a.test' },
      'AUTH_MANAGEMENT_ISSUER: would be that of every tenant',
    ],
  ])('refuses a second issuer that stands alone, or for tenants: %j', (settings, message) => {
    expect(messageFor(settings)).toContain(message);
  });

  it('serves metrics to who develops, and in production only where a setting says so', () => {
    const production = {
      NODE_ENV: 'production',
      DATABASE_URL: 'postgres://h/d',
      AUTH_ISSUER: 'https://i',
    };
    const token = { METRICS_TOKEN: 'sixteen-letters-' };
    expect(parseEnv({}).metricsAccess).toBe('open');
    expect(parseEnv(production).metricsAccess).toBe('off');
    expect(parseEnv({ ...production, ...token }).metricsAccess).toBe('token');
    expect(parseEnv({ ...production, ...token, METRICS_PORT: '9' }).metricsAccess).toBe('own port');
    expect(messageFor({ METRICS_PORT: '3000' })).toMatch(/^METRICS_PORT: must differ from PORT/);
  });

  it('refuses equal audiences', () => {
    expect(messageFor({ AUTH_USER_AUDIENCE: 'a', AUTH_MANAGEMENT_AUDIENCE: 'a' })).toContain(
      'AUTH_MANAGEMENT_AUDIENCE: must differ',
    );
  });
});

describe('the settings of tenants', () => {
  const operator = {
    OPERATOR_HOSTS: 'ops.example.com',
    OPERATOR_ISSUER: 'https://ops.example.com',
    OPERATOR_AUDIENCE: 'urn:ops',
  };
  const tenants = { TENANT_HOSTS: '*.users.example.com, *.LocalHost.' };
  const names = (variables: Record<string, string>) =>
    messageFor(variables)
      .split('\n')
      .map((line) => line.split(':')[0]);

  it('may hold {tenant} in the issuer, its keys and both audiences, and be in any case', () => {
    const env = parseEnv({
      ...tenants,
      ...operator,
      AUTH_ISSUER: 'https://{tenant}.auth.example.com/oidc',
      AUTH_JWKS_URI: 'https://auth.example.com/{tenant}/jwks',
      AUTH_USER_AUDIENCE: 'urn:{tenant}:profile',
      AUTH_MANAGEMENT_AUDIENCE: 'urn:{tenant}:management',
      OPERATOR_HOSTS: 'OPS.example.com.',
      TENANT_HOST_HEADER: 'x-forwarded-host',
    });
    expect(env.TENANT_HOSTS).toEqual(['*.users.example.com', '*.localhost']);
    expect(env.OPERATOR_HOSTS).toEqual(['ops.example.com']);
  });

  it.each(['AUTH_ISSUER', 'AUTH_JWKS_URI', 'AUTH_USER_AUDIENCE', 'AUTH_MANAGEMENT_AUDIENCE'])(
    'are refused when %s holds {tenant} and there are no hosts of tenants, or other braces',
    (name) => {
      expect(messageFor({ [name]: 'https://a.example/{tenant}' })).toBe(
        `${name}: holds {tenant}, which needs TENANT_HOSTS`,
      );
      expect(names({ ...tenants, [name]: 'https://a.example/{tenant}/{tennant}' })).toEqual([name]);
    },
  );

  it('refuse a star alone', () => {
    expect(names({ TENANT_HOSTS: '*' })).toEqual(['TENANT_HOSTS']);
  });

  it('of operators need hosts of tenants, and one another', () => {
    expect(names({ ...operator, TENANT_HOST_HEADER: 'x' })).toEqual([
      'TENANT_HOST_HEADER',
      ...Object.keys(operator),
    ]);
    expect(messageFor({ ...tenants, ...operator })).toBe('');
    for (const name of Object.keys(operator)) {
      expect(names({ ...tenants, ...operator, [name]: '' })).toEqual([name]);
      const only = { [name]: operator[name as keyof typeof operator] };
      expect(names({ ...tenants, ...only }).length).toBe(2);
    }
    expect(names({ ...tenants, OPERATOR_JWKS_URI: 'https://a.example' })).toEqual(
      Object.keys(operator),
    );
  });

  it('give no host to a tenant and to operators', () => {
    const both = { ...tenants, ...operator, OPERATOR_HOSTS: 'a.example, ops.users.example.com' };
    expect(names(both)).toEqual(['OPERATOR_HOSTS']);
  });

  it.each([
    ['https://ops.example.com', 'urn:ops', true],
    ['https://{tenant}.example.com', 'urn:ops', true],
    ['https://{tenant}.example.com', 'urn:{tenant}', true],
    ['https://{tenant}.example.com', 'urn:x:{tenant}', false],
    ['https://{tenant}.example.org', 'urn:ops', false],
  ])('of the issuer %s and the audience %s may be those of operators: %s', (issuer, aud, same) => {
    for (const name of ['AUTH_USER_AUDIENCE', 'AUTH_MANAGEMENT_AUDIENCE']) {
      const found = names({ ...tenants, ...operator, AUTH_ISSUER: issuer, [name]: aud });
      expect(found).toEqual([same ? 'OPERATOR_AUDIENCE' : '']);
    }
  });
});
