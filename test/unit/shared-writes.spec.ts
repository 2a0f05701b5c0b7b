import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { ofTenant } from '../../src/database/statement.js';
import type { TenantId } from '../../src/database/tenant.js';
import { SharedWrites, type WriteKind } from '../../src/users/record/shared-writes.js';
import type { Columns } from '../../src/users/record/patch-columns.js';

interface Write {
  id: string;
  columns?: Columns;
}
interface Row {
  id: string;
}

const TENANT = 'default' as TenantId;

/** What the database was asked to do, such as `skip a b`. */
let asked: string[];
/** Users whose rows another transaction holds, and codes of the errors of those whom no statement can write. */
let held: string[];
let failures: Record<string, string>;
/** Until when it does nothing. */
let gate: Promise<void>;

/** Stands in for PostgreSQL: what is looked at here is which writes go into which statement. */
const database = () => {
  const query = async ({ text, values }: { text: string; values: string[] }) => {
    const ids = values.slice(1);
    asked.push([text, ...ids].join(' '));
    await gate;
    const code = ids.map((id) => failures[id]).find((one) => one !== undefined);
    if (code) throw Object.assign(new Error(code), { code, severity: 'ERROR' });
    return {
      rows: ids.filter((id) => text === 'wait' || !held.includes(id)).map((id) => ({ id })),
    };
  };
  const pool = Object.assign(new EventEmitter(), {
    options: { max: 10 },
    connect: () => Promise.resolve(client),
  });
  const client = { query, release: () => pool.emit('release', undefined, client) };
  return { driver: { master: pool } } as unknown as DataSource;
};

const writesOf = (kind: Partial<WriteKind<Write, Row>> = {}) =>
  new SharedWrites<Write, Row>(
    database(),
    {
      statement: (tenantId, all, wait) =>
        ofTenant(
          tenantId,
          wait,
          all.map(({ id }) => id),
        ),
      isSkipped: (row) => row === undefined,
      ...kind,
    },
    10,
  );

/** At the same time; the ids of those that were done, and what the others failed with. */
async function run(all: Write[], writes = writesOf()): Promise<unknown[]> {
  const done = await Promise.allSettled(all.map((write) => writes.run(TENANT, write)));
  return done.map((one) => (one.status === 'fulfilled' ? one.value?.id : one.reason));
}

const of = (ids: string): Write[] => Array.from(ids, (id) => ({ id }));

beforeEach(() => {
  [asked, held, failures, gate] = [[], [], {}, Promise.resolve()];
});
afterEach(() => void jest.restoreAllMocks());

describe('writes that come together', () => {
  it('share a statement', async () => {
    expect(await run(of('abc'))).toEqual(['a', 'b', 'c']);
    expect(asked).toEqual(['skip a b c']);
  });

  it('are at most 32 of one statement', async () => {
    const ids = Array.from({ length: 33 }, (_, n) => ({ id: `n${n}` }));
    expect(await run(ids)).toEqual(ids.map(({ id }) => id));
    expect(asked.map((text) => text.split(' ').length - 1)).toEqual([32, 1]);
  });

  it('of which it skips one leave that to wait alone', async () => {
    held = ['b'];
    expect(await run(of('abc'))).toEqual(['a', 'b', 'c']);
    expect(asked).toEqual(['skip a b c', 'wait b']);
  });

  it.each(['23505', '55P03'])('of which one breaks it for all are halved (%s)', async (code) => {
    failures = { f: code };
    const ends = await run(of('abcdefgh'));
    expect(ends[5]).toMatchObject({ driverError: { code } });
    expect(ends.toSpliced(5, 1)).toEqual(Array.from('abcdegh'));
    expect(asked).toEqual([
      ...['skip a b c d e f g h', 'skip a b c d', 'skip e f g h', 'skip e f', 'skip e', 'skip f'],
      ...['skip g h', 'wait f'],
    ]);
  });

  it('go alone once seven statements have failed', async () => {
    const ids = Array.from('abcdefgh');
    failures = Object.fromEntries(ids.map((id) => [id, '23505']));
    await run(of('abcdefgh'));
    expect(asked.filter((text) => text.startsWith('skip'))).toHaveLength(7);
    expect(asked.slice(7)).toEqual(ids.map((id) => `wait ${id}`));
  });

  it.each(['42601', '53200'])('are not tried again with what helps none (%s)', async (code) => {
    failures = { a: code };
    const failure = expect.objectContaining({ driverError: expect.objectContaining({ code }) });
    expect(await run(of('ab'))).toEqual([failure, failure]);
    expect(asked).toEqual(['skip a b']);
  });

  it('each go alone where a statement could not give up waiting', async () => {
    expect(await run(of('ab'), writesOf({ goAlone: () => true }))).toEqual(['a', 'b']);
    expect(asked).toEqual(['wait a', 'wait b']);
  });

  it('of equal keys share it with the first only', async () => {
    await run([
      { id: 'a', columns: { username_key: '1' } },
      { id: 'b', columns: { username_key: '1' } },
      { id: 'c', columns: { primary_phone: '1', username_key: null } },
      { id: 'd', columns: { name: '1', username_key: null } },
      { id: 'e', columns: { name: '1', primary_phone: '1' } },
    ]);
    expect(asked).toEqual(['skip a c d', 'wait b', 'wait e']);
  });

  it('share none with large ones', async () => {
    // With its name and signs: 8,192 characters, and one more.
    const [fits, large] = [8_184, 8_185].map((length) => ({ a: 'x'.repeat(length) }));
    await run([
      { id: 'a', columns: { custom_data: fits, profile: fits } },
      { id: 'b', columns: { custom_data: large } },
      { id: 'c', columns: { profile: large } },
      { id: 'd', columns: { name: 'x' } },
    ]);
    expect(asked).toEqual(['skip a d', 'wait b', 'wait c']);
  });
});

describe('writes of one user', () => {
  it('come one after the other, and not behind five seconds of others', async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    gate = promise;
    const all = run(of('aaa'));
    await sleep(10);
    expect(asked).toEqual(['skip a']);
    const now = performance.now();
    jest.spyOn(performance, 'now').mockReturnValue(now + 5_001);
    resolve(undefined);
    const late = {
      code: 'service.unavailable',
      detail: 'Others change this user, and one of them takes too long. Nothing was done.',
    };
    expect(await all).toEqual(['a', expect.objectContaining(late), expect.objectContaining(late)]);
    expect(asked).toEqual(['skip a']);
  });
});
