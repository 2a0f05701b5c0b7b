import { describe, expect, it } from '@jest/globals';
import { parseEnv } from '../../src/config/env.js';

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
    ['DATABASE_POOL_SIZE', '0'],
    ['AUTH_ISSUER', 'secret.example.com'],
    ['AUTH_JWKS_URI', 'ftp://secret/jwks'],
    ['AUTH_JWKS_URI', 'https://user:secret@example.com/jwks'],
    ['AUTH_ISSUER', 'https://secret@example.com'],
    ['LOG_LEVEL', 'loud-secret'],
    ['BODY_LIMIT_BYTES', '7'],
    ['CUSTOM_DATA_MAX_BYTES', '1e9'],
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
  ])('refuses %s=%s, names it and keeps its value to itself', (name, value) => {
    const message = messageFor({ [name]: value });
    expect(message).toMatch(new RegExp(`^${name}: \\S`));
    expect(message).not.toContain('secret');
    expect(message).not.toContain(value);
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

  it('refuses equal audiences', () => {
    expect(messageFor({ AUTH_USER_AUDIENCE: 'a', AUTH_MANAGEMENT_AUDIENCE: 'a' })).toContain(
      'AUTH_MANAGEMENT_AUDIENCE: must differ',
    );
  });
});
