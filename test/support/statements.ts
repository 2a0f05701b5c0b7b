import type { Statement } from '../../src/database/statement.js';
import type { TenantId } from '../../src/database/tenant.js';
import type { Recording } from '../../src/events/record/record-event.js';
import * as events from '../../src/events/record/event.statements.js';
import * as sequences from '../../src/events/record/sequence.statements.js';
import * as attempts from '../../src/deliveries/attempt.statements.js';
import * as deliveries from '../../src/deliveries/delivery.statements.js';
import * as dispatch from '../../src/deliveries/dispatch.statements.js';
import * as outstanding from '../../src/deliveries/outstanding.statements.js';
import * as hooks from '../../src/hooks/record/hook.statements.js';
import * as jobs from '../../src/deliveries/job.statements.js';
import * as sweeps from '../../src/deliveries/sweep.statements.js';
import * as identities from '../../src/identities/identity.statements.js';
import * as partitions from '../../src/retention/partition.statements.js';
import * as retention from '../../src/retention/retention.statements.js';
import * as tenancy from '../../src/tenancy/tenant.statements.js';
import * as tenants from '../../src/tenants/tenants.statements.js';
import * as creates from '../../src/users/record/create-users.statement.js';
import * as deletes from '../../src/users/record/delete-users.statement.js';
import * as touches from '../../src/users/record/touch-user.statement.js';
import * as updates from '../../src/users/record/update-users.statement.js';
import * as apart from '../../src/users/record/update-users-apart.statement.js';
import {
  SEARCH_COLUMNS,
  SEARCH_MODES,
  type SearchField,
  type UserQuery,
} from '../../src/users/search/user-query.js';
import * as searches from '../../src/users/search/user-search.statements.js';
import * as users from '../../src/users/record/user.statements.js';
import * as idempotency from '../../src/writes/idempotency.statements.js';

/** The tenant of every statement below that is of one. */
export const TENANT = 'a-tenant' as TenantId;

const EVENT = '00000000-0000-4000-8000-000000000000';

const key = { tenantId: TENANT, userId: 'u', key: 'k' };
const hook = {
  ...{ id: 'h', url: 'https://a.test', types: [], headers: null, secrets: 's', enabled: true },
  excludeClientIds: [],
};
const fields = {
  ...{ issuer: null, jwksUri: null, userAudience: null, managementAudience: null },
  ...{ settings: {}, isSuspended: false, hosts: ['a.test'] },
};
const dispatched = {
  ...{ lastSequence: '0', runs: '1', rewound: false, types: [], excludeClientIds: [] },
  ...{ pruned: '0', waiting: 0 },
};
const attempt = {
  ...{ sequence: '1', run: '1', delivered: true, isFinal: false, statusCode: 200, error: null },
};
const partition = { name: 'p', since: '-infinity', until: new Date(0), now: new Date(0) };
const operator = { issuer: 'i', audience: 'o' };
const templates = { issuer: 'i', audiences: ['u', 'm'], hasClients: true };

const recordings: Recording[] = [true, false].map((withValues) => ({
  ...{ id: EVENT, type: 'User.Data.Updated' as const, origin: {}, withValues },
}));
/** With both ways to record, and both to wait. */
const shared = (make: (recording: Recording, wait: 'wait' | 'skip') => Statement) =>
  recordings.flatMap((recording) => [make(recording, 'wait'), make(recording, 'skip')]);

const change = {
  ...{ id: 'u', columns: { name: 'n' }, refuseSuspended: false, json: 'assign' as const },
  ...{ ifMatch: ['1'], ifNoneMatch: undefined },
};

const plain: UserQuery = {
  ...{ pageSize: 20, page: 1, cursor: undefined, count: undefined, anywhere: undefined },
  ...{ fields: [], joint: 'or', isCaseSensitive: false, isSuspended: undefined, customData: [] },
};
const cursor = { createdAt: new Date(0), id: 'u' };
/** Each field in each mode, together; with a letter that has another form, too. */
const searched = SEARCH_MODES.flatMap((mode) =>
  Object.keys(SEARCH_COLUMNS).map((field) => ({
    ...{ field: field as SearchField, mode, values: mode === 'exact' ? ['é@a.test', 'b'] : ['é'] },
  })),
);
const queries: UserQuery[] = [
  plain,
  { ...plain, pageSize: 100, page: 7 },
  { ...plain, page: undefined },
  { ...plain, page: undefined, cursor, isSuspended: false },
  { ...plain, count: 'exact', isSuspended: true },
  { ...plain, page: 2, anywhere: 'é', customData: [{ path: ['a', 'b'], value: '01' }] },
  { ...plain, customData: [{ path: ['a'], value: '1' }] },
  ...(['or', 'and'] as const).flatMap((joint) =>
    [true, false].map((isCaseSensitive) => ({
      ...{ ...plain, page: 3, fields: searched, joint, isCaseSensitive },
    })),
  ),
];

/** Every statement of the service in all its shapes, by the file and the function that make it. */
export const STATEMENTS: Record<string, Record<string, Statement[]>> = {
  'events/record/event.statements.ts': {
    selectKept: [events.selectKept(TENANT, 9)],
    selectFeed: [undefined, ['User.Created'] as const].map((types) =>
      events.selectFeed(TENANT, { after: 0, last: 9, limit: 10 }, types),
    ),
    selectHistory: [undefined, 5].map((before) =>
      events.selectHistory(TENANT, 'u', { before, limit: 10 }),
    ),
    selectUserExists: [events.selectUserExists(TENANT, 'u')],
    eraseEvents: [events.eraseEvents(TENANT, 'u')],
  },
  'events/record/sequence.statements.ts': {
    sequenceEvents: [sequences.sequenceEvents(TENANT, 10, 9)],
    selectEnds: [sequences.selectEnds([TENANT])],
    selectUnnumbered: [sequences.selectUnnumbered()],
  },
  'deliveries/delivery.statements.ts': {
    selectDeliveries: [undefined, 'dead' as const].map((state) =>
      deliveries.selectDeliveries(TENANT, 'h', { state, before: undefined, limit: 10 }),
    ),
    selectDelivery: [deliveries.selectDelivery(TENANT, 'h', 1)],
    replayDelivery: [deliveries.replayDelivery(TENANT, 'h', 1)],
    replayDead: [deliveries.replayDead(TENANT, 'h')],
    rewind: [deliveries.rewind(TENANT, 'h', 1)],
  },
  'deliveries/dispatch.statements.ts': {
    hasHooks: [dispatch.hasHooks()],
    selectMovement: [dispatch.selectMovement()],
    selectBusyHooks: [true, false].map(dispatch.selectBusyHooks),
    takeHook: [dispatch.takeHook(TENANT, 'h', 10)],
    takeUnqueued: [dispatch.takeUnqueued(TENANT, 'h', 10)],
    insertDeliveries: [dispatch.insertDeliveries(TENANT, 'h', dispatched, { last: 9, limit: 10 })],
    moveHook: [dispatch.moveHook(TENANT, 'h', '9')],
  },
  'deliveries/outstanding.statements.ts': {
    selectOutstanding: [outstanding.selectOutstanding()],
  },
  'deliveries/attempt.statements.ts': {
    loadDeliveries: [attempts.loadDeliveries(TENANT, 'h', ['1'])],
    noteAttempts: [attempts.noteAttempts(TENANT, 'h', [attempt], 3)],
    disableHook: [attempts.disableHook(TENANT, 'h')],
  },
  'deliveries/sweep.statements.ts': {
    selectOldLogs: [sweeps.selectOldLogs()],
    deleteOldDeliveries: [sweeps.deleteOldDeliveries(TENANT, 30, 10)],
    deleteLog: [sweeps.deleteLog(TENANT, 'h', 10)],
  },
  'hooks/record/hook.statements.ts': {
    selectHooks: [hooks.selectHooks(TENANT)],
    selectAllHooks: [hooks.selectAllHooks()],
    selectHook: [hooks.selectHook(TENANT, 'h')],
    lockHook: [hooks.lockHook(TENANT, 'h')],
    lockEndOfFeed: [hooks.lockEndOfFeed(TENANT)],
    countHooks: [hooks.countHooks(TENANT)],
    insertHook: [hooks.insertHook(TENANT, hook, '0')],
    updateHook: [hooks.updateHook(TENANT, hook)],
    deleteHook: [hooks.deleteHook(TENANT, 'h')],
  },
  'deliveries/job.statements.ts': {
    insertJobs: [jobs.insertJobs('h', [{ id: 'j', key: 'u', data: {} }])],
    fetchJobs: [jobs.fetchJobs('h', 10)],
    selectOrphans: [jobs.selectOrphans()],
    selectExpired: [jobs.selectExpired()],
    forgetFutureClaims: [jobs.forgetFutureClaims()],
    forgetFutureStarts: [jobs.forgetFutureStarts()],
    putOff: [jobs.putOff('h', ['j'], [1])],
  },
  'identities/identity.statements.ts': {
    putSocial: [identities.putSocial(key, { identityId: 'i', details: {} })],
    putEnterprise: [
      identities.putEnterprise(key, { id: 's', issuer: 'i', identityId: 'i', detail: {} }),
    ],
    deleteSocial: [identities.deleteSocial(key)],
    deleteEnterprise: [identities.deleteEnterprise(key)],
  },
  'retention/partition.statements.ts': {
    makePartitions: [partitions.makePartitions()],
    selectOldPartitions: [partitions.selectOldPartitions()],
    selectFeedsOf: [partitions.selectFeedsOf(partition)],
    dropPartition: [partitions.dropPartition(partition, [TENANT])],
  },
  'retention/retention.statements.ts': {
    selectOldFeeds: [retention.selectOldFeeds()],
    selectOldKeys: [retention.selectOldKeys()],
    pruneEvents: [retention.pruneEvents(TENANT, new Date(0), 10)],
    pruneKeys: [retention.pruneKeys(TENANT, 10)],
  },
  'tenancy/tenant.statements.ts': {
    selectTenants: [tenancy.selectTenants(['t'])],
    selectTenantsOfHosts: [tenancy.selectTenantsOfHosts(['a.test'])],
    selectSameTokens: [operator, undefined].map((operator) =>
      tenancy.selectSameTokens({ ...templates, operator }),
    ),
  },
  'tenants/tenants.statements.ts': {
    lockTenants: [tenants.lockTenants()],
    selectTenants: [tenants.selectTenants('', 10)],
    selectTenantRecord: [tenants.selectTenantRecord('t')],
    insertTenant: [tenants.insertTenant('t', fields)],
    updateTenant: [tenants.updateTenant('t', fields)],
    deleteOtherHosts: [tenants.deleteOtherHosts('t', ['a.test'])],
    selectTakenHosts: [tenants.selectTakenHosts('t', ['a.test'])],
    insertHosts: [tenants.insertHosts('t', ['a.test'])],
    deleteTenant: [tenants.deleteTenant('t')],
    hasUsers: [tenants.hasUsers('t')],
    deleteSome: tenants.TABLES_OF_TENANTS.map((table) => tenants.deleteSome(table, 't', 10)),
  },
  'users/record/create-users.statement.ts': {
    createUsers: shared((recording, wait) =>
      creates.createUsers(TENANT, [{ id: 'u', columns: { name: 'n' }, recording }], wait),
    ),
    selectTaken: shared((recording) =>
      creates.selectTaken(TENANT, { id: 'u', columns: {}, recording }),
    ),
  },
  'users/record/delete-users.statement.ts': {
    deleteUsers: shared((recording, wait) =>
      deletes.deleteUsers(TENANT, [{ id: 'u', recording }], wait),
    ),
  },
  'users/record/touch-user.statement.ts': {
    touchUser: recordings.map((recording) =>
      touches.touchUser(TENANT, 'u', { identities: {}, ssoIdentities: [] }, recording),
    ),
  },
  'users/record/update-users-apart.statement.ts': {
    selectHasFunctions: [apart.selectHasFunctions(apart.updateUsersFunctions())],
    updateUsersApart: shared((recording, wait) =>
      apart.updateUsersApart(TENANT, [{ ...change, recording }], wait, 65_536),
    ),
  },
  'users/record/update-users.statement.ts': {
    updateUsers: shared((recording, wait) =>
      updates.updateUsers(TENANT, [{ ...change, recording }], wait, 65_536),
    ),
  },
  'users/search/user-search.statements.ts': {
    selectUsers: queries.map((query) => searches.selectUsers(TENANT, query)),
    countUsers: queries.map((query) => searches.countUsers(TENANT, query)),
    estimateUsers: queries.map((query) => searches.estimateUsers(TENANT, query)),
    tryPattern: (['posix', 'similar_to'] as const).flatMap((mode) =>
      [true, false].map((isCaseSensitive) => searches.tryPattern(mode, isCaseSensitive, 'p')),
    ),
  },
  'users/record/user.statements.ts': {
    selectUsersById: [users.selectUsersById(TENANT, ['u'])],
    lockAssumed: (['primary_email', 'primary_phone'] as const).map((column) =>
      users.lockAssumed(TENANT, column, 'k'),
    ),
    lockUser: [users.lockUser(TENANT, 'u')],
    selectPassword: [users.selectPassword(TENANT, 'u')],
    replaceDigest: [
      users.replaceDigest(
        ...([TENANT, 'u'] as const),
        { digest: 'a', algorithm: 'Argon2id' },
        { digest: 'b', algorithm: 'Argon2id' },
      ),
    ],
  },
  'writes/idempotency.statements.ts': {
    takeKeys: [idempotency.takeKeys(TENANT, [{ id: 'k', fingerprint: 'f' }], 24, 100)],
    waitOnNodes: [idempotency.waitOnNodes(100)],
    selectAnswer: [undefined, 'u'].map((user) => idempotency.selectAnswer(TENANT, 'k', user)),
    storeAnswers: [
      idempotency.storeAnswers(TENANT, [{ id: 'k', answer: 'a', userId: 'u', showsUser: true }]),
    ],
    selectChanges: [idempotency.selectChanges(TENANT, [EVENT])],
    eraseAnswers: [idempotency.eraseAnswers(TENANT, 'u')],
  },
};
