import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { query } from '../../database/current-transaction.js';
import { eventsLane } from '../../database/lanes.js';
import { SharedReads } from '../../database/shared-reads.js';
import type { Statement } from '../../database/statement.js';
import type { TenantId } from '../../database/tenant.js';
import { AppError, invalidInput } from '../../errors/app-error.js';
import { Tenants } from '../../tenancy/tenants.js';
import { USER_ID } from '../../validation/rules.js';
import { Crowd } from './crowd.js';
import * as statements from './event.statements.js';
import type { EventRow } from './event.statements.js';
import type { EventType } from './event-types.js';
import { EventSequencer } from './event-sequencer.js';

export interface FeedQuery {
  /** The sequence to go on behind; 0 = from the oldest event that is kept. */
  after: number;
  limit: number;
  /** Undefined = all. */
  types: EventType[] | undefined;
}

export interface FeedPage {
  events: EventRow[];
  /** The sequence to go on behind: no event up to it is still to come. */
  next: number;
  /** The last sequence that was given to any event. */
  last: number;
}

const MAX_PAGES = 1_000;

/** Reads events; see docs/adr/0006 for why no reader misses one or sees one twice. */
@Injectable()
export class EventFeed implements OnModuleDestroy {
  private readonly closing = new AbortController();
  private readonly crowd = new Crowd();
  /** Of those who are at the same place of a feed. */
  private readonly pages = new SharedReads<FeedPage>(MAX_PAGES);

  constructor(
    private readonly database: DataSource,
    private readonly sequencer: EventSequencer,
    private readonly tenants: Tenants,
  ) {}

  /** Ends whatever waits for events. */
  onModuleDestroy(): void {
    this.closing.abort();
  }

  /** Whether the service is about to stop. */
  get isClosing(): boolean {
    return this.closing.signal.aborted;
  }

  /**
   * @throws AppError guard.invalid_input when `after` was never given to an event,
   *   event.expired when an event behind it was deleted by retention, or itself is lost
   */
  read(tenantId: TenantId, query: FeedQuery): Promise<FeedPage> {
    return this.pages.read([tenantId, query], () => this.readAlone(tenantId, query));
  }

  private async readAlone(
    tenantId: TenantId,
    { after, limit, types }: FeedQuery,
  ): Promise<FeedPage> {
    const last = await this.sequencer.advance(tenantId);
    if (after > last)
      throw invalidInput([
        { pointer: '/after', code: 'invalid_number', detail: `must be at most ${last}, the last` },
      ]);
    const range = { after, last, limit };
    // Histories of the same tenant do not come before it.
    const events = await this.select(
      `feed of ${tenantId}`,
      statements.selectFeed(tenantId, range, types),
    );
    // Looked at after the events: retention may have deleted some of them meanwhile.
    if (after > 0) await this.checkKept(tenantId, after);
    return { events, next: hasMore(events, limit) ? Number(events.at(-1)?.sequence) : last, last };
  }

  /**
   * The same, but if there is nothing yet, waits for events, at most so long.
   *
   * @throws AppError as `read` does, and what another request gets once the tenant is suspended or deleted
   */
  readOrWait(
    tenantId: TenantId,
    wanted: FeedQuery,
    milliseconds: number,
    gone: AbortSignal,
  ): Promise<FeedPage> {
    if (milliseconds <= 0) return this.read(tenantId, wanted);
    return this.crowd.follow(() => this.follow(tenantId, wanted, milliseconds, gone));
  }

  private async follow(
    tenantId: TenantId,
    wanted: FeedQuery,
    milliseconds: number,
    gone: AbortSignal,
  ): Promise<FeedPage> {
    const deadline = Date.now() + milliseconds;
    const signal = AbortSignal.any([gone, this.closing.signal]);
    await this.tenants.checkOpen(tenantId);
    await this.crowd.next();
    let page = await this.read(tenantId, wanted);
    while (page.events.length === 0 && !signal.aborted && Date.now() < deadline) {
      const last = await this.sequencer.next(tenantId);
      await this.tenants.checkOpen(tenantId);
      if (last === page.last) continue;
      await this.crowd.next();
      page = await this.read(tenantId, { ...wanted, after: page.next });
    }
    return page;
  }

  /** @throws AppError entity.not_found when there is neither such a user nor any event of one */
  async history(
    tenantId: TenantId,
    userId: string,
    before: number | undefined,
    limit: number,
  ): Promise<EventRow[]> {
    if (!USER_ID.test(userId)) throw neverWas();
    await this.sequencer.advance(tenantId);
    const range = { before, limit };
    const events = await this.select(tenantId, statements.selectHistory(tenantId, userId, range));
    if (events.length > 0 || before !== undefined) return events;
    const [user] = await this.run(statements.selectUserExists(tenantId, userId));
    if (!user) throw neverWas();
    return [];
  }

  private async checkKept(tenantId: TenantId, after: number): Promise<void> {
    const [row] = await this.run<statements.Kept>(statements.selectKept(tenantId, after));
    if (row?.survived)
      throw expired(`Events behind ${row.survived} were lost when the database failed over.`);
    if (after < Number(row?.pruned)) throw expired(`Events up to ${row?.pruned} are deleted.`);
  }

  private select(turnOf: string, statement: Statement): Promise<EventRow[]> {
    return eventsLane(this.database).run(turnOf, () => this.run<EventRow>(statement));
  }

  private run<Row>(statement: Statement): Promise<Row[]> {
    return query<Row>(this.database, statement);
  }
}

const expired = (what: string) =>
  new AppError('event.expired', `${what} Read the users anew, then go on with the feed.`);

const neverWas = () =>
  new AppError('entity.not_found', 'There is no such user, and no event of one is kept.');

/** Whether there may be events behind these. */
export function hasMore(events: EventRow[], limit: number): boolean {
  const found = events[0]?.found ?? 0;
  return found === limit || found > events.length;
}
