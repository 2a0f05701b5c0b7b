interface Offline {
  /** Why it is as it is. What operators do about it stands in docs/releases.md. */
  why: string;
  faults: string[];
}

export const FIRST = 'the tables are new in the same version, so nobody serves from them yet';
const SECOND = '0.2.0 follows 0.1.0 with the old instances stopped';

/** Migrations that the version before would notice. Those of later versions have to do without. */
export const OFFLINE: Record<string, Offline> = {
  SearchUsers1763850000000: { why: FIRST, faults: ['an index of users is not CONCURRENTLY'] },
  DeliverToHooks1764000000000: {
    // The queue's own plans, in a schema of their own.
    why: FIRST,
    faults: [
      'hook_queue is dropped',
      'VariableSetStmt is not looked into',
      ...['pg_advisory_xact_lock', 'encode', 'sha224', 'current_database', 'job_table_run'].map(
        (name) => `${name}() is not looked into`,
      ),
      'DoStmt is not looked into',
    ],
  },
  OrderByVersions1764100000000: {
    why: SECOND,
    faults: [
      'rows of user_events are locked until all are written',
      'rows of users are locked until all are written',
      'user_events.pk_user_events is dropped',
      'pk_user_events of user_events is checked at once',
    ],
  },
  AnySubject1764120000000: {
    why: `${SECOND}; a varchar that gets longer is not written anew`,
    faults: [
      'users.id gets another type',
      ...['user_identities', 'user_sso_identities', 'user_events', 'hook_deliveries'].map(
        (table) => `${table}.user_id gets another type`,
      ),
      'idempotency_keys.user_id gets another type',
    ],
  },
  NormalForms1764150000000: {
    why: SECOND,
    faults: [
      'rows of users are locked until all are written',
      'hooks.dispatched_at is dropped',
      'rows of job are locked until all are written',
    ],
  },
  IndexNames1764160000000: { why: SECOND, faults: ['an index of users is not CONCURRENTLY'] },
  FeedOfEachTenant1764210000000: {
    why: SECOND,
    faults: ['rows of hook_deliveries are locked until all are written'],
  },
  TellFeedResets1764300000000: {
    why: `${SECOND}; another function takes the name in the same transaction`,
    faults: ['sequence_user_events gets another name'],
  },
  PartitionEvents1764410000000: {
    why: `${SECOND}; two indexes can be made before it, CONCURRENTLY`,
    faults: [
      'user_events gets another name',
      'an index of user_events_first is not CONCURRENTLY',
      'user_events_first.pk_user_events is dropped',
      'user_events_first.uq_user_events_tenant_id_sequence is dropped',
      'ix_user_events_tenant_id_unsequenced gets another name',
      'DoStmt is not looked into',
      'add_event_keys() is not looked into',
      'make_event_partition() is not looked into',
      'rows of user_events_first are locked until all are written',
      'make_event_partitions() is not looked into',
    ],
  },
  FindBusyHooks1764430000000: {
    why: SECOND,
    faults: ['an index of hook_deliveries is not CONCURRENTLY'],
  },
};
