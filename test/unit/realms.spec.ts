import { afterAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Realms } from '../../src/auth/realms.js';
import { parseEnv } from '../../src/config/load-env.js';
import type { Tenant } from '../../src/tenancy/tenant.js';
import { TestIssuer } from '../support/test-issuer.js';

const AWAY = { issuer: 'http://127.0.0.1:1', jwksUri: undefined };

const env = parseEnv({
  ...{ TENANT_HOSTS: '*.test', OPERATOR_HOSTS: 'ops.example', AUTH_SCOPE_PREFIX: 'np/' },
  ...{ OPERATOR_ISSUER: 'https://ops.example', OPERATOR_AUDIENCE: 'ops' },
  ...{ AUTH_ISSUER: 'https://idp.example', AUTH_USER_AUDIENCE: 'u', AUTH_MANAGEMENT_AUDIENCE: 'm' },
});
const realms = new Realms(env);

const tenant = (id: string, tokens: object = {}) =>
  ({
    id,
    tokens: {
      issuer: 'https://idp.example',
      jwksUri: undefined,
      ...{ audiences: { user: 'u', management: 'm' }, clients: { user: [], management: ['c'] } },
      ...{ scopePrefix: '', userDefaultScopes: ['profile'] },
      ...tokens,
    },
  }) as unknown as Tenant;
let told: string[] = [];
beforeEach(() => {
  told = [];
  const log = jest.spyOn(Logger.prototype, 'warn');
  log.mockImplementation((text) => void told.push(String(text).split(':')[0] ?? ''));
});
afterAll(() => {
  jest.restoreAllMocks();
});
const of = (one: Tenant, kind: 'user' | 'management' | 'operator' = 'user') =>
  realms.of({ tenant: one } as never, kind);

describe('the realm of a request', () => {
  it('has the rules of the tenant, and stays the same one', () => {
    const one = tenant('a');
    expect(of(one).rules).toEqual({
      issuer: 'https://idp.example',
      ...{ audiences: { user: 'u', management: 'm' }, clients: { user: [], management: ['c'] } },
      ...{ scopePrefix: '', userDefaultScopes: ['profile'] },
    });
    expect(of(one)).toBe(of(one));
    expect(of(one, 'management')).toBe(of(one));
  });

  it('of management tokens may have an issuer of its own', () => {
    const managementIssuer = { issuer: 'https://services.example', jwksUri: undefined };
    const one = tenant('a', { managementIssuer });
    expect(of(one, 'management').rules).toEqual({
      ...of(one).rules,
      issuer: 'https://services.example',
    });
    expect(of(one, 'management').key).not.toBe(of(one).key);
    expect(of(one, 'management').keys).not.toBe(of(one).keys);
  });

  it('has another key as soon as anything of it is another', () => {
    const others = [
      tenant('b'),
      tenant('a', { issuer: 'https://other.example' }),
      tenant('a', { jwksUri: 'https://idp.example/keys' }),
      tenant('a', { userDefaultScopes: [] }),
    ];
    const keys = [tenant('a'), ...others].map((one) => of(one).key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(of(tenant('a')).key).toBe(keys[0]);
  });

  it('shares the keys of its issuer with other tenants, where they are in the same place', () => {
    expect(of(tenant('b')).keys).toBe(of(tenant('a')).keys);
    const elsewhere = tenant('a', { jwksUri: 'https://idp.example/keys' });
    expect(of(elsewhere).keys).not.toBe(of(tenant('a')).keys);
    const another = tenant('a', { issuer: 'https://other.example' });
    expect(of(another).keys).not.toBe(of(tenant('a')).keys);
  });

  it('knows its keys when those of both kinds are known', async () => {
    const issuer = await TestIssuer.start();
    const here = { issuer: issuer.url };
    expect(await realms.knowsKeys(tenant('a', here))).toBe(true);
    expect(await realms.knowsKeys(tenant('a', { ...here, managementIssuer: AWAY }))).toBe(false);
    expect(await realms.knowsKeys(tenant('a', { ...AWAY, managementIssuer: here }))).toBe(false);
    await issuer.stop();
  });

  it('tells whose keys cannot be fetched by the settings that say where they are', async () => {
    const issuer = 'http://127.0.0.1:1/';
    const one = tenant('a', { issuer, managementIssuer: { ...AWAY, issuer: `${issuer}m` } });
    for (const kind of ['user', 'management'] as const) await of(one, kind).keys.known();
    const operators = new Realms(Object.assign(env, { OPERATOR_ISSUER: issuer }));
    await operators.of({} as never, 'operator').keys.known();
    expect(told).toEqual(['AUTH_ISSUER', 'AUTH_MANAGEMENT_ISSUER', 'OPERATOR_ISSUER']);
  });

  it('of operators accepts nobody where there are none', () => {
    const { rules } = new Realms(parseEnv({})).of({} as never, 'operator');
    expect([rules.issuer, rules.audiences.operator]).toEqual(['', undefined]);
  });

  it('of operators is that of the settings, whatever the tenant', () => {
    expect(of(tenant('a'), 'operator').rules).toEqual({
      issuer: 'https://ops.example',
      ...{ audiences: { user: 'u', management: 'm', operator: 'ops' }, clients: {} },
      ...{ scopePrefix: 'np/', userDefaultScopes: [] },
    });
    expect(of(tenant('a'), 'operator').key).toBe('operators');
  });
});
