// `npm run test:citus`. Databases are made and dropped on all nodes.
import base from './jest.config.js';

if (!process.env['CITUS_URL']) {
  console.error(
    'CITUS_URL is not set: the coordinator of a Citus cluster that knows its workers, by a user who may make databases on all.',
  );
  process.exit(1);
}

/** Files about a server of their own, or what no database has a part in. */
const FILES = [
  ...['bundle', 'crash', 'failover', 'guarded-pool', 'several-hosts', 'start', 'start-refused'],
  ...['statements', 'search-indexes', 'logs', 'mirror', 'tenant-command', 'issuer-keys', 'wire'],
  // Has the functions of Citus on one PostgreSQL.
  'spread-updates',
];

/**
 * Tests about what one server tells of itself, or what there cannot be on Citus, such as triggers; of what
 * PostgreSQL before 18 takes for a regular expression that is not too large; and of creates that share a
 * statement.
 */
const TESTS = [
  ...['refuses search.name=\\(\\(a', 'is forgotten when the database refuses the commit'],
  'is not the fault of a caller while the database is out of memory',
  'events that wait for their numbers are not gone through for each of them',
  'retention of one tenant that is in trouble is no trouble of the others',
  'retention of deliveries is, too',
  'a create that waits for a key of an open transaction does not send its neighbours alone',
  'among creates that come together each has its own outcome, and most share a statement',
];

/** The tests of the service, on a Citus cluster that is there. */
export default {
  ...base,
  testMatch: ['<rootDir>/test/e2e/*.spec.ts'],
  testPathIgnorePatterns: [`/(${FILES.join('|')})\\.spec\\.ts$`],
  testNamePattern: `^(?!.*(${TESTS.join('|')}))`,
  globalSetup: '<rootDir>/test/support/citus-setup.ts',
  globalTeardown: undefined,
};
