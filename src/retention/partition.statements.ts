import { acrossTenants } from '../database/statement.js';
import type { TenantId } from '../database/tenant.js';

/** Makes the partitions of this month and the next two. Answers how many of these are still `missing`. */
export const makePartitions = () => acrossTenants(`SELECT make_event_partitions() AS missing`);

/** A partition in which nothing is younger than a day. */
export interface OldPartition {
  name: string;
  /** As PostgreSQL writes it: it may have no beginning. */
  since: string;
  until: Date;
  now: Date;
}

export const selectOldPartitions = () =>
  acrossTenants(
    `SELECT name, since::text, until, now() AS now FROM event_partitions()
     WHERE until <= now() - interval '1 day' ORDER BY until`,
  );

/** The tenants that have numbered events of this time. One lookup for each tenant that there is. */
export const selectFeedsOf = ({ since, until }: OldPartition) =>
  acrossTenants(
    `SELECT s.tenant_id AS "tenantId" FROM user_event_sequences s
     WHERE s.last > s.pruned AND (SELECT e.sequence FROM user_events e
            WHERE e.tenant_id = s.tenant_id AND e.sequence IS NOT NULL
              AND e.occurred_at >= $1::timestamptz AND e.occurred_at < $2::timestamptz
            LIMIT 1) IS NOT NULL`,
    [since, until],
  );

/**
 * Drops it, and records for each of these tenants how far its feed is gone; unless it has events of others, or
 * any that have no number, or come behind some that are kept. Answers whether it is `dropped`.
 */
export const dropPartition = ({ name }: OldPartition, tenants: TenantId[]) =>
  acrossTenants(`SELECT drop_event_partition($1, $2) AS dropped`, [name, tenants]);
