import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { Turns } from '../../src/database/turns.js';
import { until } from '../support/receiver.js';
import { TestOperator } from '../support/tenants.js';
import { TestTenant } from '../support/test-tenant.js';
import { unique } from '../support/users.js';

let operator: TestOperator;
beforeAll(async () => {
  operator = await TestOperator.start({ DATABASE_POOL_SIZE: '1' });
});
afterAll(() => operator.app.stop());

/** A transaction of its own, so that nothing of it is shared. */
const tryOut = ({ call }: TestTenant, id: string) =>
  call({ method: 'PATCH', url: `/api/users/${id}?dryRun=true`, body: { name: unique() } });

it('a tenant waits for one request of another, however many that one has', async () => {
  const busy = await TestTenant.make(operator, unique('a'));
  const other = await TestTenant.make(operator, unique('b'));
  for (const tenant of [busy, other]) {
    for (const id of ['held', 'u'])
      await tenant.call({ method: 'POST', url: '/api/users', body: { id } });
    await tryOut(tenant, 'u');
  }
  const { client } = operator.app.database;
  const taken = jest.spyOn(Turns.prototype, 'take');
  const haveAsked = (count: number) => until(() => taken.mock.calls.length >= count);
  const answered: string[] = [];
  const send = async (tenant: TestTenant, id: string) => {
    const { status } = await tryOut(tenant, id);
    answered.push(`${tenant.id} ${status}`);
  };
  await client.query('BEGIN');
  await client.query(`SELECT FROM users WHERE tenant_id = $1 AND id = 'held' FOR UPDATE`, [
    busy.id,
  ]);
  // It has the only connection.
  const all = [send(busy, 'held')];
  await haveAsked(1);
  all.push(...Array.from({ length: 20 }, () => send(busy, 'u')));
  await haveAsked(21);
  all.push(send(other, 'u'));
  await haveAsked(22);
  await client.query('ROLLBACK');
  await Promise.all(all);
  expect(answered.toSorted().at(-1)).toBe(`${other.id} 200`);
  expect(answered.indexOf(`${other.id} 200`)).toBeLessThanOrEqual(3);
});
