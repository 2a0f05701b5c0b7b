import { acrossTenants, ofTenant, type Statement } from '../database/statement.js';
import type { TenantId } from '../database/tenant.js';
import { type EventRow, eventRow } from '../events/event.statements.js';
import { FEED_RESET } from '../events/event-types.js';
import type { DeliveryState } from './delivery-row.js';
import type { HookKey } from './hook-key.js';
import type { SealedHook } from './hook-row.js';

/** A hook that has something to do, as a look at all of them tells. */
export interface BusyHook extends HookKey {
  lastSequence: string;
  /** The end of its tenant's feed. */
  last: string;
  /** Whether replays wait for their jobs. */
  hasUnqueued: boolean;
}

export interface DispatchedHook extends Pick<SealedHook, 'lastSequence'> {
  runs: string;
  rewound: boolean;
  types: string[];
  excludeClientIds: string[];
  /** The last place whose event retention has deleted. */
  pruned: string;
  /** How many deliveries have a job, counted as far as the limit. */
  waiting: number;
}

/** A delivery as its job needs it. */
export interface Queued {
  sequence: string;
  userId: string;
  run: string;
}

/** A delivery with its hook and its event, if that is still kept. */
export type LoadedDelivery = Pick<SealedHook, 'url' | 'headers' | 'secrets' | 'enabled'> & {
  place: string;
  state: DeliveryState;
  run: string;
} & (EventRow | { [key in keyof EventRow]: null });

/** Whether there is any hook at all. */
export const hasHooks = () => acrossTenants(`SELECT EXISTS (SELECT 1 FROM hooks) AS "hasHooks"`);

/** What has become of all feeds together, for little: whether a look at the hooks is worth while. */
export interface Movement {
  /** Another one as soon as any feed has moved. */
  places: string;
  /** Tenants whose events wait for their numbers, and a hook for these events. */
  awaited: TenantId[];
}

export const selectMovement = () =>
  acrossTenants(
    `SELECT (SELECT coalesce(sum(last), 0) FROM user_event_sequences) AS places, ARRAY(
       SELECT DISTINCT e.tenant_id FROM user_events e
       WHERE e.sequence IS NULL
         AND EXISTS (SELECT 1 FROM hooks h WHERE h.tenant_id = e.tenant_id AND h.enabled)) AS awaited`,
  );

/** The hooks of all tenants that are not suspended for which there is something to queue, or to deliver. */
export const selectBusyHooks = (hasTenants: boolean) =>
  acrossTenants(
    `SELECT h.tenant_id AS "tenantId", h.id, h.last_sequence AS "lastSequence", s.last, h.rewound OR EXISTS (
       SELECT 1 FROM hook_deliveries d
       WHERE d.tenant_id = h.tenant_id AND d.hook_id = h.id AND NOT d.queued) AS "hasUnqueued"
     FROM hooks h JOIN user_event_sequences s ON s.tenant_id = h.tenant_id
     WHERE h.enabled AND (h.last_sequence < s.last OR h.rewound OR EXISTS (
       SELECT 1 FROM hook_deliveries d
       WHERE d.tenant_id = h.tenant_id AND d.hook_id = h.id AND d.state = 'pending'))
       AND NOT ($1 AND EXISTS (SELECT 1 FROM tenants t WHERE t.id = h.tenant_id AND t.is_suspended))`,
    [hasTenants],
  );

/** Takes a hook for this transaction alone, unless another one has it. */
export function takeHook(tenantId: TenantId, id: string, limit: number): Statement {
  return ofTenant(
    tenantId,
    `SELECT h.last_sequence AS "lastSequence", h.runs, h.rewound, h.types,
       h.exclude_client_ids AS "excludeClientIds", s.pruned,
       (SELECT count(*)::integer FROM (
          SELECT 1 FROM hook_deliveries d WHERE d.tenant_id = $1 AND d.hook_id = $2
            AND d.state = 'pending' AND d.queued LIMIT $3) w) AS waiting
     FROM hooks h JOIN user_event_sequences s ON s.tenant_id = $1
     WHERE h.tenant_id = $1 AND h.id = $2 AND h.enabled
     FOR UPDATE OF h SKIP LOCKED`,
    [id, limit],
  );
}

/** Gives the oldest deliveries that wait for a job the mark that they have one. */
export function takeUnqueued(tenantId: TenantId, hookId: string, limit: number): Statement {
  return ofTenant(
    tenantId,
    `WITH next AS (
       SELECT sequence FROM hook_deliveries
       WHERE tenant_id = $1 AND hook_id = $2 AND NOT queued ORDER BY sequence LIMIT $3),
     taken AS (
       UPDATE hook_deliveries d SET queued = true FROM next
       WHERE d.tenant_id = $1 AND d.hook_id = $2 AND d.sequence = next.sequence
       RETURNING d.sequence, d.user_id, d.run)
     SELECT sequence, user_id AS "userId", run FROM taken`,
    [hookId, limit],
  );
}

/**
 * Makes the deliveries of the next places of the feed, as many as are looked at, and moves the hook
 * there. Answers those that it made, and how far it came.
 */
export function insertDeliveries(
  tenantId: TenantId,
  hookId: string,
  hook: DispatchedHook,
  range: { last: number; limit: number },
): Statement {
  return ofTenant(
    tenantId,
    `WITH looked AS MATERIALIZED (
       SELECT e.sequence, e.id, e.type, e.user_id, e.actor FROM user_events e
       WHERE e.tenant_id = $1 AND e.sequence > $3 AND e.sequence <= $4
       ORDER BY e.sequence LIMIT $5),
     made AS (
       INSERT INTO hook_deliveries (tenant_id, hook_id, sequence, event_id, type, user_id, run)
       SELECT $1, $2, sequence, id, type, user_id, $6 FROM looked
       WHERE (cardinality($7::text[]) = 0 OR type = ANY ($7))
         AND coalesce(actor ->> 'clientId' <> ALL ($8::text[]), true)
       ON CONFLICT ON CONSTRAINT pk_hook_deliveries DO UPDATE
         SET state = 'pending', queued = true, attempts = 0, run = excluded.run
       RETURNING sequence, user_id, run)
     SELECT made.sequence, made.user_id AS "userId", made.run, place.reached
     FROM (SELECT CASE WHEN count(*) < $5 THEN $4::bigint ELSE max(sequence) END AS reached
           FROM looked) place
     LEFT JOIN made ON true`,
    [
      ...[hookId, hook.lastSequence, range.last, range.limit],
      ...[
        hook.runs,
        hook.types.length > 0 ? [...hook.types, FEED_RESET] : [],
        hook.excludeClientIds,
      ],
    ],
  );
}

export function moveHook(tenantId: TenantId, id: string, lastSequence: string): Statement {
  return ofTenant(
    tenantId,
    `UPDATE hooks SET last_sequence = $3, rewound = false
     WHERE tenant_id = $1 AND id = $2`,
    [id, lastSequence],
  );
}

/** The hook is the same in each of them. */
export function loadDeliveries(tenantId: TenantId, hookId: string, sequences: string[]): Statement {
  return ofTenant(
    tenantId,
    `SELECT h.url, h.headers, h.secrets, h.enabled, d.sequence AS place, d.state, d.run, ${eventRow}
     FROM hook_deliveries d
       JOIN hooks h ON h.tenant_id = $1 AND h.id = $2
       LEFT JOIN user_events e
         ON e.tenant_id = $1 AND e.sequence = d.sequence AND e.sequence = ANY ($3::bigint[])
     WHERE d.tenant_id = $1 AND d.hook_id = $2 AND d.sequence = ANY ($3::bigint[])`,
    [hookId, sequences],
  );
}

/**
 * Notes attempts, unless a replay has begun anew meanwhile. Dead when it was the last one. Rows are
 * locked in their order, as replays do, so that neither waits for the other.
 */
export function noteAttempts(
  tenantId: TenantId,
  hookId: string,
  attempts: NotedAttempt[],
  maxAttempts: number,
): Statement {
  return ofTenant(
    tenantId,
    `WITH attempt AS (
       SELECT *, now() AS at FROM json_to_recordset($3::json) AS a (sequence bigint, run bigint,
         delivered boolean, "isFinal" boolean, "statusCode" integer, error text)),
     held AS MATERIALIZED (
       SELECT d.sequence FROM hook_deliveries d JOIN attempt a USING (sequence, run)
       WHERE d.tenant_id = $1 AND d.hook_id = $2 AND d.sequence = ANY ($5::bigint[]) AND d.state = 'pending'
       ORDER BY d.sequence FOR UPDATE OF d),
     noted AS (
       UPDATE hook_deliveries d SET attempts = d.attempts + 1, status_code = a."statusCode",
         error = a.error, updated_at = a.at,
         state = CASE WHEN a.delivered THEN 'delivered'
           WHEN a."isFinal" OR d.attempts + 1 >= $4 THEN 'dead' ELSE 'pending' END
       FROM attempt a JOIN held USING (sequence)
       WHERE d.tenant_id = $1 AND d.hook_id = $2 AND d.sequence = a.sequence AND d.run = a.run
       RETURNING d.sequence, d.run, d.state)
     SELECT sequence, run, state FROM noted`,
    [...[hookId, JSON.stringify(attempts), maxAttempts], attempts.map(({ sequence }) => sequence)],
  );
}

export interface NotedAttempt extends Pick<Queued, 'sequence' | 'run'> {
  delivered: boolean;
  /** There is to be no other, whatever the number. */
  isFinal: boolean;
  statusCode: number | null;
  error: string | null;
}

export function disableHook(tenantId: TenantId, id: string): Statement {
  return ofTenant(
    tenantId,
    `WITH now AS MATERIALIZED (SELECT date_trunc('milliseconds', clock_timestamp()) AS at)
     UPDATE hooks SET enabled = false, version = version + 1, updated_at = greatest(updated_at, now.at)
     FROM now WHERE tenant_id = $1 AND id = $2 AND enabled`,
    [id],
  );
}

/** What all hooks together have to deliver, and what was given up. */
export interface Outstanding {
  pending: number;
  dead: number;
  /** Seconds that the oldest has waited. */
  age: number;
}

/** Of hooks that are disabled, or of a suspended tenant, only dead letters count: the rest waits as it is meant to. */
export const selectOutstanding = () =>
  acrossTenants(
    `SELECT coalesce(sum(pending), 0)::float8 AS pending, coalesce(sum(dead), 0)::float8 AS dead,
       greatest(0, coalesce(max(extract(epoch FROM now() - since)), 0))::float8 AS age
     FROM (
       SELECT
         (SELECT count(*) FROM hook_deliveries d WHERE d.tenant_id = h.tenant_id AND d.hook_id = h.id
            AND d.state = 'pending' AND h.works) AS pending,
         (SELECT count(*) FROM hook_deliveries d WHERE d.tenant_id = h.tenant_id AND d.hook_id = h.id
            AND d.state = 'dead') AS dead,
         (SELECT CASE WHEN d.attempts = 0 THEN d.updated_at ELSE d.created_at END
          FROM hook_deliveries d WHERE d.tenant_id = h.tenant_id AND d.hook_id = h.id
            AND d.state = 'pending' AND h.works ORDER BY d.sequence LIMIT 1) AS since
       FROM (
         SELECT tenant_id, id, enabled AND NOT EXISTS (
           SELECT 1 FROM tenants t WHERE t.id = hooks.tenant_id AND t.is_suspended) AS works
         FROM hooks) h) hook`,
  );

/** The tenants who have a delivery that was made more than a day ago, the shortest time that any is kept for. */
export const selectOldLogs = () =>
  acrossTenants(
    `SELECT DISTINCT h.tenant_id AS "tenantId" FROM hooks h
     WHERE now() - interval '1 day' > (
       SELECT d.created_at FROM hook_deliveries d
       WHERE d.tenant_id = h.tenant_id AND d.hook_id = h.id ORDER BY d.sequence LIMIT 1)`,
  );

/** Deletes some of what the log no longer keeps. */
export function deleteOldDeliveries(tenantId: TenantId, days: number, limit: number): Statement {
  return ofTenant(
    tenantId,
    `DELETE FROM hook_deliveries WHERE tenant_id = $1 AND (hook_id, sequence) IN (
       SELECT hook_id, sequence FROM hook_deliveries
       WHERE tenant_id = $1 AND state <> 'pending' AND updated_at < now() - $2 * interval '1 day'
       LIMIT $3)`,
    [days, limit],
  );
}

/** Deletes some of the log of a hook. */
export function deleteLog(tenantId: TenantId, hookId: string, limit: number): Statement {
  return ofTenant(
    tenantId,
    `DELETE FROM hook_deliveries WHERE tenant_id = $1 AND hook_id = $2 AND sequence IN (
       SELECT sequence FROM hook_deliveries WHERE tenant_id = $1 AND hook_id = $2 LIMIT $3)`,
    [hookId, limit],
  );
}
