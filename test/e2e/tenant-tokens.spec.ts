import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestApp } from '../support/test-app.js';
import {
  insertTenant,
  OPERATOR_AUDIENCE,
  OPERATOR_HOST,
  TestOperator,
} from '../support/tenants.js';
import { until } from '../support/receiver.js';

let operator: TestOperator;
let app: TestApp;
beforeAll(async () => {
  operator = await TestOperator.start();
  app = operator.app;
  await insertTenant(app, 'a');
  await insertTenant(app, 'b');
});
afterAll(() => app.stop());

type Kind = 'u' | 'm';

const token = (tenant: string, kind: Kind, claims: object = {}) =>
  app.issuer.sign({
    ...{ sub: 'somebody', aud: `urn:${tenant}:${kind}` },
    ...{ scope: kind === 'm' ? 'all' : 'profile', ...claims },
  });

/** 404: there is no such user, but the token is accepted. */
const ask = async (tenant: string, kind: Kind, bearer: string) =>
  (
    await app.call({
      ...{ method: 'GET', url: kind === 'm' ? '/api/users/nobody' : '/api/profile' },
      ...{ token: bearer, headers: { host: `${tenant}.users.test` } },
    })
  ).json.code as string;

const ACCEPTED = 'entity.not_found';

describe('a token of one tenant', () => {
  it.each(['u', 'm'] as const)('is 401 at another, also when it is cached (%s)', async (kind) => {
    const bearer = await token('a', kind);
    expect(await ask('b', kind, bearer)).toBe('auth.unauthorized');
    for (const _ of [1, 2]) {
      expect(await ask('a', kind, bearer)).toBe(ACCEPTED);
      expect(await ask('b', kind, bearer)).toBe('auth.unauthorized');
    }
  });

  it('is 401 at another when both are asked at the same time', async () => {
    const bearer = await token('a', 'm');
    const asked = await Promise.all(
      ['a', 'b', 'a', 'b', 'a', 'b'].map((tenant) => ask(tenant, 'm', bearer)),
    );
    expect(asked).toEqual([1, 2, 3].flatMap(() => [ACCEPTED, 'auth.unauthorized']));
  });

  it('is not accepted by operators, nor one of operators by a tenant', async () => {
    expect(
      (await operator.call('GET', '', undefined, { token: await token('a', 'm') })).status,
    ).toBe(401);
    const both = { aud: [OPERATOR_AUDIENCE, 'urn:a:m'], scope: 'all tenants:manage' };
    expect(await ask('a', 'm', await token('a', 'm', both))).toBe('auth.unauthorized');
    for (const aud of ['urn:a:m', 'urn:b:u', 'urn:of-no-tenant-yet:m']) {
      const either = await token('a', 'm', { ...both, aud: [OPERATOR_AUDIENCE, aud] });
      expect((await operator.call('GET', '', undefined, { token: either })).status).toBe(401);
    }
    const others = await token('a', 'm', { ...both, aud: [OPERATOR_AUDIENCE, 'account'] });
    expect((await operator.call('GET', '', undefined, { token: others })).status).toBe(200);
    expect(await ask('a', 'm', await token('a', 'm', { aud: OPERATOR_AUDIENCE }))).toBe(
      'auth.unauthorized',
    );
  });

  it('is judged by what the tenant has now, soon, although it is cached', async () => {
    const bearer = await token('a', 'm');
    expect(await ask('a', 'm', bearer)).toBe(ACCEPTED);
    await operator.call('PATCH', '/a', { managementAudience: 'urn:other' });
    await until(async () => (await ask('a', 'm', bearer)) !== ACCEPTED, 20_000);
    expect(await ask('a', 'm', bearer)).toBe('auth.unauthorized');
    expect(await ask('a', 'm', await token('a', 'm', { aud: 'urn:other' }))).toBe(ACCEPTED);
    await operator.call('PATCH', '/a', { managementAudience: null });
  });
});

it('an issuer of one tenant that is away says nothing of another, nor of the instance', async () => {
  const away = { id: 'away', issuer: 'http://127.0.0.1:9' };
  expect((await operator.call('POST', '', away)).status).toBe(201);
  const bearer = await token('away', 'm', { iss: away.issuer });
  expect(await ask('away', 'm', bearer)).toBe('service.unavailable');
  expect(await ask('b', 'm', await token('b', 'm'))).toBe(ACCEPTED);
  const headers = { host: OPERATOR_HOST };
  const ready = await app.call({ method: 'GET', url: '/health/ready', headers });
  expect(ready.status).toBe(200);
});
