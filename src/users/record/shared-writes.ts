import { type DataSource, QueryFailedError } from 'typeorm';
import { Batch, BatchCounts, WaitedTooLong } from '../../database/batch.js';
import { inTransactionNow, query } from '../../database/current-transaction.js';
import { databaseUnavailable } from '../../database/database-unavailable.js';
import { kindLane, largeLane, waitingLane } from '../../database/lanes.js';
import type { Lane } from '../../database/lane.js';
import { isLockNotAvailable } from '../../database/lock-not-available.js';
import type { Statement } from '../../database/statement.js';
import { PerTenant } from '../../database/per-tenant.js';
import type { TenantId } from '../../database/tenant.js';
import { unavailable } from '../../errors/app-error.js';
import { isLarge, sharable, type Write } from './sharable-writes.js';
import type { Wait } from './shared-statement.js';

/** Writes that share a statement at most, and shared statements of a kind at the same time. */
export const SIZE = 32;
const PARALLEL = 2;

/** Milliseconds behind other writes of the same user; a connection is not waited for longer, either. */
const PATIENCE_MS = 5_000;

/** Statements that fail, of one share, before the rest goes alone: one of 32 is found with six. */
const MAX_FAILURES = 6;

const OPTIONS = {
  ...{ size: SIZE, parallel: PARALLEL, patience: PATIENCE_MS },
  keyOf: ({ id }: Write) => id,
};

/** A kind of writes. */
export interface WriteKind<One, Row> {
  /** Of as many as share it, each user at most once. One that it skips leaves the others alone. */
  statement: (tenantId: TenantId, writes: One[], wait: Wait) => Statement;
  /** Whether the statement skipped a write of which it answered this; undefined is no row. */
  isSkipped: (row: Row | undefined) => boolean;
  /** Whether each goes alone, since a shared one could not give up waiting. */
  goAlone?: () => boolean;
  /** Looks, before one goes alone, whether it would be refused, and throws what is to be answered then. */
  refuse?: (tenantId: TenantId, write: One) => Promise<void>;
}

/**
 * Runs writes of one kind. Those that come at the same time share a statement, in which none waits; one
 * that would have to wait, that fails, or is large, goes alone. Writes of one user come one after the
 * other, so a row that another transaction holds holds up nobody else. See docs/adr/0010.
 */
export class SharedWrites<One extends Write, Row extends { id: string }> {
  private readonly batches: PerTenant<Batch<One, Row | undefined>>;

  readonly counts = new BatchCounts();
  private readonly lane: Lane;

  /** @param connections that there are for all, of which it has a share for those that go alone */
  constructor(
    private readonly database: DataSource,
    private readonly kind: WriteKind<One, Row>,
    connections: number,
  ) {
    this.lane = kindLane(connections);
    this.batches = new PerTenant(
      (tenantId) =>
        new Batch((writes: One[]) => this.share(tenantId, writes), {
          ...OPTIONS,
          counts: this.counts,
        }),
    );
  }

  /**
   * What became of it; in a transaction, by itself. Undefined when there is no such user.
   *
   * @throws AppError service.unavailable when those before it took too long; QueryFailedError
   */
  run(tenantId: TenantId, write: One): Promise<Row | undefined> {
    if (inTransactionNow()) return this.runAlone(tenantId, write);
    return this.batches.of(tenantId).add(write).catch(tellNotBegun(OTHERS_FIRST));
  }

  private async share(
    tenantId: TenantId,
    writes: One[],
  ): Promise<(Row | undefined | Promise<Row | undefined>)[]> {
    const shared = this.kind.goAlone?.() ? [] : sharable(writes);
    const done = await this.inHalves(tenantId, shared, { failures: 0 });
    return writes.map((write) =>
      done.has(write) ? done.get(write) : this.inLane(tenantId, write),
    );
  }

  private inLane(tenantId: TenantId, write: One): Promise<Row | undefined> {
    const lane = isLarge(write.columns) ? largeLane(this.database) : this.lane;
    return lane
      .run(tenantId, () =>
        waitingLane(this.database).run(tenantId, () => this.runAlone(tenantId, write)),
      )
      .catch(tellNotBegun(TOO_MANY));
  }

  /** What came of those that were done. One that breaks the statement for all is looked for by halves. */
  private async inHalves(
    tenantId: TenantId,
    writes: One[],
    search: { failures: number },
  ): Promise<Map<One, Row | undefined>> {
    if (writes.length === 0 || search.failures > MAX_FAILURES) return new Map();
    const found = await this.tryShared(tenantId, writes);
    if (found) {
      const all = writes.map((write): [One, Row | undefined] => [write, found.get(write.id)]);
      return new Map(all.filter(([, row]) => !this.kind.isSkipped(row)));
    }
    search.failures += 1;
    if (writes.length === 1) return new Map();
    const middle = Math.ceil(writes.length / 2);
    const first = await this.inHalves(tenantId, writes.slice(0, middle), search);
    return new Map([...first, ...(await this.inHalves(tenantId, writes.slice(middle), search))]);
  }

  /** What came of those that are there, by id; undefined when one broke the statement for all. */
  private async tryShared(
    tenantId: TenantId,
    writes: One[],
  ): Promise<Map<string, Row> | undefined> {
    try {
      const statement = this.kind.statement(tenantId, writes, 'skip');
      const rows = await query<Row>(this.database, statement);
      return new Map(rows.map((row) => [row.id, row]));
    } catch (error) {
      if (isLockNotAvailable(error)) return undefined;
      if (databaseUnavailable(error) || isWrongForAll(error)) throw error;
      return undefined;
    }
  }

  private async runAlone(tenantId: TenantId, write: One): Promise<Row | undefined> {
    await this.kind.refuse?.(tenantId, write);
    const [row] = await query<Row>(this.database, this.kind.statement(tenantId, [write], 'wait'));
    // It was waited for, and is deleted by now.
    return this.kind.isSkipped(row) ? undefined : row;
  }
}

const OTHERS_FIRST = 'Others change this user, and one of them takes too long. Nothing was done.';
const TOO_MANY = 'There are too many changes that go one by one, or are large. Nothing was done.';

const tellNotBegun = (detail: string) => (error: unknown) => {
  throw error instanceof WaitedTooLong ? unavailable(detail) : error;
};

/** Syntax error or access rule violation: no write can help it, and none does better alone. */
const isWrongForAll = (error: unknown) =>
  error instanceof QueryFailedError &&
  String((error.driverError as { code?: unknown }).code).startsWith('42');
