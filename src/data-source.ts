import type { DataSourceOptions } from 'typeorm';
import type { Env } from './config/env.js';
import { databaseOptions } from './database/options.js';
import { UserEventSequenceEntity } from './events/record/user-event-sequence.entity.js';
import { UserEventEntity } from './events/record/user-event.entity.js';
import { HookDeliveryEntity } from './deliveries/hook-delivery.entity.js';
import { HookEntity } from './hooks/record/hook.entity.js';
import { TenantHostEntity } from './tenancy/tenant-host.entity.js';
import { TenantEntity } from './tenancy/tenant.entity.js';
import { DeletedUserEntity } from './users/record/deleted-user.entity.js';
import { UserIdentityEntity } from './users/record/user-identity.entity.js';
import { UserSsoIdentityEntity } from './users/record/user-sso-identity.entity.js';
import { UserEntity } from './users/record/user.entity.js';
import { IdempotencyKeyEntity } from './writes/idempotency-key.entity.js';
import { CreateUsers1763750000000 } from './database/migrations/1763750000000-create-users.js';
import { MergeJson1763800000000 } from './database/migrations/1763800000000-merge-json.js';
import { SearchUsers1763850000000 } from './database/migrations/1763850000000-search-users.js';
import { RecordEvents1763900000000 } from './database/migrations/1763900000000-record-events.js';
import { RememberAnswers1763950000000 } from './database/migrations/1763950000000-remember-answers.js';
import { OrderByVersions1764100000000 } from './database/migrations/1764100000000-order-by-versions.js';
import { NormalForms1764150000000 } from './database/migrations/1764150000000-normal-forms.js';
import { IndexNames1764160000000 } from './database/migrations/1764160000000-index-names.js';
import { NumberByKey1764170000000 } from './database/migrations/1764170000000-number-by-key.js';
import { CreateTenants1764200000000 } from './database/migrations/1764200000000-create-tenants.js';
import { FeedOfEachTenant1764210000000 } from './database/migrations/1764210000000-feed-of-each-tenant.js';
import { TellFeedResets1764300000000 } from './database/migrations/1764300000000-tell-feed-resets.js';
import { CheckFirstVersions1764400000000 } from './database/migrations/1764400000000-check-first-versions.js';
import { PartitionEvents1764410000000 } from './database/migrations/1764410000000-partition-events.js';
import { NumberInPartitions1764420000000 } from './database/migrations/1764420000000-number-in-partitions.js';
import { FindBusyHooks1764430000000 } from './database/migrations/1764430000000-find-busy-hooks.js';
import { CountTogether1764440000000 } from './database/migrations/1764440000000-count-together.js';
import { SpreadPartitions1764455000000 } from './database/migrations/1764455000000-spread-partitions.js';
import { TraceEvents1764460000000 } from './database/migrations/1764460000000-trace-events.js';
import { CompareJsonOnce1764470000000 } from './database/migrations/1764470000000-compare-json-once.js';
import { AnySubject1764120000000 } from './database/migrations/1764120000000-any-subject.js';
import { DeliverToHooks1764000000000 } from './database/migrations/1764000000000-deliver-to-hooks.js';

/** What the database holds, and the steps that lead there, in their order. */
export const SCHEMA = {
  entities: [
    UserEntity,
    DeletedUserEntity,
    UserIdentityEntity,
    UserSsoIdentityEntity,
    UserEventEntity,
    UserEventSequenceEntity,
    IdempotencyKeyEntity,
    HookEntity,
    HookDeliveryEntity,
    TenantEntity,
    TenantHostEntity,
  ],
  migrations: [
    CreateUsers1763750000000,
    MergeJson1763800000000,
    SearchUsers1763850000000,
    RecordEvents1763900000000,
    RememberAnswers1763950000000,
    DeliverToHooks1764000000000,
    OrderByVersions1764100000000,
    AnySubject1764120000000,
    NormalForms1764150000000,
    IndexNames1764160000000,
    NumberByKey1764170000000,
    CreateTenants1764200000000,
    FeedOfEachTenant1764210000000,
    TellFeedResets1764300000000,
    CheckFirstVersions1764400000000,
    PartitionEvents1764410000000,
    NumberInPartitions1764420000000,
    FindBusyHooks1764430000000,
    CountTogether1764440000000,
    SpreadPartitions1764455000000,
    TraceEvents1764460000000,
    CompareJsonOnce1764470000000,
  ],
};

/** The one description of the database: for the service, the migration command and the tests. */
export const dataSourceOptions = (
  env: Pick<Env, 'DATABASE_URL' | 'DATABASE_POOL_SIZE'>,
): DataSourceOptions => ({ ...databaseOptions(env), ...SCHEMA });
