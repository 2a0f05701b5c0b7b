import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestOperator } from '../support/tenants.js';
import { TestTenant } from '../support/test-tenant.js';
import { insertUser, unique } from '../support/users.js';

let operator: TestOperator;
/** One with settings of its own, and one that is as the settings of the service say. */
let own: TestTenant;
let usual: TestTenant;
beforeAll(async () => {
  operator = await TestOperator.start({ RESERVED_USERNAMES: 'admin' });
  own = await TestTenant.make(operator, 'own', {
    selfServiceFields: { avatar: 'off', name: 'read-only' },
    selfServiceClients: ['test-app', 'own-app'],
    reservedUsernames: ['Root'],
    selfServiceProvisioning: true,
    selfServiceAssumeVerified: ['email'],
  });
  usual = await TestTenant.make(operator, 'usual');
});
afterAll(() => operator.app.stop());

/** The same request of the same user in both tenants: [own, usual]. */
async function inBoth(body?: object, claims: object = {}, id?: string) {
  const sub = id ?? unique();
  return Promise.all(
    [own, usual].map(async (tenant) => {
      if (id === undefined) await insertUser(operator.app, { tenant_id: tenant.id, id: sub });
      const token = await tenant.token('user', sub, claims);
      const method = body ? 'PATCH' : 'GET';
      return tenant.call({ method, url: '/api/profile', token, body });
    }),
  );
}
const statuses = (answers: { status: number }[]) => answers.map(({ status }) => status);

describe('the settings of a tenant are of that tenant alone', () => {
  it('selfServiceFields', async () => {
    expect(statuses(await inBoth({ name: 'New' }))).toEqual([400, 200]);
    expect(statuses(await inBoth({ avatar: 'https://example.com/a' }))).toEqual([400, 200]);
    const [hidden, shown] = await inBoth();
    expect([hidden, shown].map((answer) => 'avatar' in answer?.json)).toEqual([false, true]);
    expect([hidden, shown].map((answer) => 'name' in answer?.json)).toEqual([true, true]);
  });

  it('selfServiceClients', async () => {
    expect(statuses(await inBoth(undefined, { client_id: 'own-app' }))).toEqual([200, 200]);
    expect(statuses(await inBoth(undefined, { client_id: 'other-app' }))).toEqual([403, 200]);
  });

  it('reservedUsernames, in place of those of the service', async () => {
    expect(statuses(await inBoth({ username: 'root' }))).toEqual([400, 200]);
    expect(statuses(await inBoth({ username: 'admin' }))).toEqual([200, 400]);
  });

  it('selfServiceProvisioning and selfServiceAssumeVerified', async () => {
    const id = unique();
    const claims = { email: `${id}@example.com`, name: 'Ada', preferred_username: id };
    const [made, missing] = await inBoth(undefined, claims, id);
    expect(made?.json).toMatchObject({
      ...{ id, name: 'Ada', username: id },
      primaryEmail: `${id}@example.com`,
    });
    expect(missing?.json).toMatchObject({ status: 404, code: 'entity.not_found' });
    const { rows } = await operator.app.database.client.query(
      'SELECT tenant_id AS tenant FROM users WHERE id = $1',
      [id],
    );
    expect(rows).toEqual([{ tenant: 'own' }]);
  });
});
