import { acrossTenants, ofTenant, type Statement } from '../database/statement.js';
import type { TenantId } from '../database/tenant.js';
import { FEED_RESET } from '../events/record/event-types.js';
import type { HookKey } from '../hooks/record/hook-key.js';
import type { SealedHook } from '../hooks/record/hook-row.js';

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
