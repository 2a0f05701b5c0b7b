import { acrossTenants, ofTenant, type Statement } from '../../database/statement.js';
import type { TenantId } from '../../database/tenant.js';

/**
 * Gives every committed event, at most so many, its place in the feed; answers the last place. The last
 * one that the caller has `seen` tells whether the database has lost any.
 */
export function sequenceEvents(tenantId: TenantId, most: number, seen = 0): Statement {
  return ofTenant(tenantId, `SELECT sequence_user_events($1, $2, $3) AS last`, [most, seen]);
}

/** The last places in the feeds of these tenants, and whether some of their events have none yet. */
export const selectEnds = (tenantIds: TenantId[]) =>
  acrossTenants(
    `SELECT s.tenant_id AS "tenantId", s.last, behind.tenant_id IS NOT NULL AS "isBehind"
     FROM user_event_sequences s
     LEFT JOIN (
       SELECT DISTINCT e.tenant_id FROM user_events e
       WHERE e.tenant_id = ANY ($1::varchar[]) AND e.sequence IS NULL) behind
       ON behind.tenant_id = s.tenant_id
     WHERE s.tenant_id = ANY ($1::varchar[])`,
    [tenantIds],
  );

/** A tenant with something to number: how many events, and the age in seconds of the oldest of them. */
export interface Unnumbered {
  tenantId: TenantId;
  events: number;
  age: number;
}

/** The tenants that have events without a number, or a feed of another history than the database now has. */
export const selectUnnumbered = () =>
  acrossTenants(
    `SELECT "tenantId", sum(events)::integer AS events, max(age) AS age FROM (
       SELECT tenant_id AS "tenantId", count(*) AS events,
         greatest(0, extract(epoch FROM now() - min(occurred_at)))::float8 AS age
       FROM user_events WHERE sequence IS NULL GROUP BY tenant_id
       UNION ALL SELECT tenant_id, 0, 0
       FROM user_event_sequences WHERE epoch <> (SELECT database_epoch())) unnumbered
     GROUP BY "tenantId"`,
  );
