import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { STATEMENTS, TENANT } from '../support/statements.js';
import { spreadFaultsOf } from '../support/spread-sql.js';
import { faultsOf } from '../support/tenant-sql.js';

const SOURCES = join(import.meta.dirname, '..', '..', 'src');
const sources = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && file !== 'database/statement.ts')
  .sort();
const files = sources.filter((file) => /\.statements?\.ts$/.test(file));

/** Functions that make no statement, but SQL for one. */
const SQL_ONLY: Record<string, string[]> = {
  'users/record/update-users-apart.statement.ts': ['updateUsersFunctions'],
  'users/record/shared-statement.ts': ['given', 'lockedUsers', 'madeOnce', 'seenUsers'],
  'users/search/user-search.statements.ts': ['formsOf'],
};

const QUEUES = 'jobs are told apart by their queue, whose name has the tenant';
const OPERATORS = 'operators see all tenants; what it asks of one is told by the id';

/** Every statement that is about no tenant, or all, and why. */
const ACROSS: Record<string, Record<string, string>> = {
  'events/record/sequence.statements.ts': {
    selectEnds: 'one look for all tenants whose feeds somebody watches, each named',
    selectUnnumbered: 'the background asks whose events are to be numbered',
  },
  'deliveries/dispatch.statements.ts': {
    hasHooks: 'the background asks whether it has anything to do at all',
    selectBusyHooks: 'the background asks which hooks have something to do',
    selectMovement:
      'the background asks whether any feed moves, and whose events are to be numbered',
  },
  'deliveries/outstanding.statements.ts': {
    selectOutstanding: 'metrics tell what all tenants together have to deliver',
  },
  'deliveries/sweep.statements.ts': {
    selectOldLogs: 'the sweeper asks who has deliveries to delete',
  },
  'hooks/record/hook.statements.ts': {
    selectAllHooks: 'the start asks whether the key opens what is stored',
  },
  'deliveries/job.statements.ts': {
    fetchJobs: QUEUES,
    forgetFutureClaims: 'clocks are those of the database',
    forgetFutureStarts: 'clocks are those of the database',
    insertJobs: QUEUES,
    putOff: QUEUES,
    selectExpired: 'the background asks which queues have lost a worker',
    selectOrphans: 'the sweeper asks which queues have a hook no longer',
  },
  'retention/partition.statements.ts': {
    dropPartition: 'a table of events is of all tenants; it goes when none keeps any of it',
    makePartitions: 'a table of events is of all tenants',
    selectFeedsOf: 'the background asks who has events in a table that may go',
    selectOldPartitions: 'a table of events is of all tenants',
  },
  'retention/retention.statements.ts': {
    selectOldFeeds: 'the background asks who has events to delete',
    selectOldKeys: 'the background asks who has keys to delete',
  },
  'tenancy/tenant.statements.ts': {
    selectSameTokens: 'tenants are compared with each other',
    selectTenants: 'it finds the tenant',
    selectTenantsOfHosts: 'it finds the tenant',
  },
  'tenants/tenants.statements.ts': {
    deleteOtherHosts: OPERATORS,
    deleteSome: OPERATORS,
    deleteTenant: OPERATORS,
    hasUsers: OPERATORS,
    insertHosts: OPERATORS,
    insertTenant: OPERATORS,
    lockTenants: OPERATORS,
    selectTakenHosts: OPERATORS,
    selectTenantRecord: OPERATORS,
    selectTenants: OPERATORS,
    updateTenant: OPERATORS,
  },
  'users/record/update-users-apart.statement.ts': {
    selectHasFunctions: 'it asks for functions of the database',
  },
  'writes/idempotency.statements.ts': {
    waitOnNodes: 'it is of no table',
  },
  'users/search/user-search.statements.ts': {
    tryPattern: 'it is of no table',
  },
};

const keysOf = (record: Record<string, object> | undefined) =>
  Object.entries(record ?? {})
    .flatMap(([file, makers]) => Object.keys(makers).map((name) => `${file} ${name}`))
    .sort();

/** The exports of a file, or what stands before them, that call a function. */
async function callersIn(file: string, callee: string): Promise<string[]> {
  const text = await readFile(join(SOURCES, file), 'utf8');
  return text
    .split(/^(?=export )/m)
    .filter((part) => part.includes(`${callee}(`))
    .map((part) => `${file} ${/^export \w+ (\w+)/.exec(part)?.[1] ?? ''}`);
}

const isAcross = (file: string, name: string) => ACROSS[file]?.[name] !== undefined;

const all = Object.entries(STATEMENTS).flatMap(([file, makers]) =>
  Object.entries(makers).map(([name, made]) => ({ file, name, maker: `${file} ${name}`, made })),
);
const ofTenant = all.filter(({ file, name }) => !isAcross(file, name));

describe('the table of statements', () => {
  it('has every function that makes one', async () => {
    const exported = await Promise.all(
      files.map(async (file) => {
        const module = (await import(`../../src/${file}`)) as Record<string, unknown>;
        return Object.entries(module)
          .filter(([name, value]) => typeof value === 'function' && !SQL_ONLY[file]?.includes(name))
          .map(([name]) => `${file} ${name}`);
      }),
    );
    expect(keysOf(STATEMENTS)).toEqual(exported.flat().sort());
  });

  it('has every file that makes one, and no exported SQL is one', async () => {
    const makers = await Promise.all(
      sources.map(async (file) =>
        /\b(ofTenant|acrossTenants)\(/.test(await readFile(join(SOURCES, file), 'utf8'))
          ? [file]
          : [],
      ),
    );
    expect(makers.flat()).toEqual(Object.keys(STATEMENTS).sort());
  });
});

describe('statements across tenants', () => {
  it('are these, each for its reason', async () => {
    const callers = await Promise.all(files.map((file) => callersIn(file, 'acrossTenants')));
    expect(callers.flat().sort()).toEqual(keysOf(ACROSS));
  });
});

describe('a statement of a tenant, or of all', () => {
  it.each(all)('$maker can be spread over nodes', async ({ made }) => {
    const faults = await Promise.all(made.map(([sql]) => spreadFaultsOf(sql)));
    expect([...new Set(faults.flat())]).toEqual([]);
  });

  it.each([
    [
      'a clock that is set',
      'UPDATE tenants SET updated_at = clock_timestamp() WHERE id = $1',
      'the clock is read in SET',
    ],
    [
      'a clock without brackets',
      'UPDATE users SET updated_at = current_timestamp WHERE tenant_id = $1',
      'the clock is read in SET',
    ],
    [
      'a clock in a conflict',
      'INSERT INTO users (tenant_id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET updated_at = clock_timestamp()',
      'the clock is read in ON CONFLICT',
    ],
    [
      'a clock that is answered',
      'UPDATE hooks SET runs = 1 WHERE tenant_id = $1 RETURNING now()',
      'the clock is read in RETURNING',
    ],
    [
      'a time that is cut when it is set',
      "UPDATE users SET updated_at = date_trunc('second', at) FROM now WHERE tenant_id = $1",
      'date_trunc stands in SET',
    ],
    ['nothing that is selected', 'SELECT EXISTS (SELECT FROM hooks)', 'SELECT selects nothing'],
    [
      'a table that is read behind what writes it',
      'WITH a AS (UPDATE users SET name = $2), b AS (SELECT * FROM users) SELECT * FROM b',
      'users is read behind what writes it',
    ],
    [
      'the same in what is answered',
      'WITH a AS (DELETE FROM users) SELECT * FROM users',
      'users is read behind what writes it',
    ],
    [
      'a size that is of the coordinator alone',
      "SELECT pg_relation_size('user_events_default') > $1",
      'pg_relation_size is of one server',
    ],
    [
      'a sub-select beside a function of rows',
      'SELECT (SELECT 1 FROM users u WHERE u.tenant_id = a.id) FROM unnest($1) AS a(id)',
      'a sub-select stands beside a function of rows',
    ],
  ])('not so %s', async (_, sql, fault) => {
    expect(await spreadFaultsOf(sql)).toEqual([fault]);
  });
});

describe('a statement of a tenant', () => {
  it.each(ofTenant)('$maker has the tenant as $1', ({ made }) => {
    expect(made.length).toBeGreaterThan(0);
    for (const [, [first]] of made) expect(first).toBe(TENANT);
  });

  it.each(ofTenant)('$maker sees and writes that tenant alone', async ({ made }) => {
    const faults = await Promise.all(made.map(([sql]) => faultsOf(sql)));
    expect([...new Set(faults.flat())]).toEqual([]);
  });
});

describe('of the tables of tenants is noticed', () => {
  const users = 'users users is not filtered by $1';
  const u = 'users u is not filtered by $1';
  it.each([
    ['no filter', 'SELECT 1 FROM users', users],
    ['another parameter', 'SELECT 1 FROM users WHERE tenant_id = $2', users],
    ['a filter that need not hold', 'SELECT 1 FROM users WHERE tenant_id = $1 OR id = $2', users],
    ['a filter that is turned round', 'SELECT 1 FROM users WHERE NOT tenant_id = $1', users],
    ['another comparison', 'SELECT 1 FROM users WHERE tenant_id <> $1', users],
    ['the filter of another table', 'SELECT 1 FROM users u JOIN hooks h ON h.tenant_id = $1', u],
    [
      'correlation alone',
      'SELECT 1 FROM hooks h JOIN users u ON u.tenant_id = h.tenant_id WHERE h.tenant_id = $1',
      u,
    ],
    ['USING', 'SELECT 1 FROM hooks h JOIN users u USING (tenant_id) WHERE h.tenant_id = $1', u],
    [
      'the ON of an outer join, of the side that is kept',
      'SELECT 1 FROM users u LEFT JOIN hooks h ON u.tenant_id = $1 AND h.tenant_id = $1',
      u,
    ],
    [
      'a sub-select',
      'SELECT (SELECT 1 FROM users u WHERE u.id = h.id) FROM hooks h WHERE h.tenant_id = $1',
      u,
    ],
    ['a list', 'SELECT 1 FROM users u, hooks h WHERE tenant_id = $1 AND h.tenant_id = $1', u],
    ['a part of a union', 'SELECT 1 UNION ALL SELECT 1 FROM users', users],
    ['a CTE', 'WITH a AS (SELECT 1 FROM users) SELECT 1 FROM a', users],
    ['a plan', 'EXPLAIN SELECT 1 FROM users', users],
    ['an UPDATE', 'UPDATE users SET name = $2 WHERE id = $3', users],
    ['its FROM', 'UPDATE hooks h SET id = 1 FROM users u WHERE h.tenant_id = $1', u],
    ['a DELETE', 'DELETE FROM users', users],
    ['its USING', 'DELETE FROM hooks h USING users u WHERE h.tenant_id = $1', u],
    ['an INSERT', 'INSERT INTO users (id) VALUES ($1)', 'INSERT INTO users is not given $1'],
    [
      'one row of several',
      'INSERT INTO users (tenant_id) VALUES ($1), ($2)',
      'INSERT INTO users is not given $1',
    ],
    [
      'rows of a selection',
      'INSERT INTO users (tenant_id, id) SELECT tenant_id, $1 FROM a',
      'INSERT INTO users is not given $1',
    ],
    ['a function', 'SELECT current_identities($2, $1)', 'current_identities is not given $1'],
    ['a statement of another kind', 'TRUNCATE users', 'TruncateStmt is not looked into'],
    ['a second statement', 'SELECT 1; SELECT 1', 'it is not one statement'],
    [
      'a CTE of the name of a table',
      'WITH users AS (SELECT 1) SELECT 1',
      'users is the name of a table, too',
    ],
  ])('%s', async (_, sql, fault) => {
    expect(await faultsOf(sql)).toEqual([fault]);
  });
});
