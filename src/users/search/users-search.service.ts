import { Injectable } from '@nestjs/common';
import { DataSource, QueryFailedError } from 'typeorm';
import { WaitedTooLong } from '../../database/batch.js';
import { searching } from '../../database/current-transaction.js';
import { usersLane } from '../../database/lanes.js';
import { poolOf, preparedQuery } from '../../database/prepared-query.js';
import { SEARCH_LIMITS } from '../../database/time-limits.js';
import { SharedReads } from '../../database/shared-reads.js';
import type { Statement } from '../../database/statement.js';
import type { TenantId } from '../../database/tenant.js';
import { type AppError, invalidInput, unavailable } from '../../errors/app-error.js';
import { SearchIndexes } from './search-indexes.js';
import { SharedTotals } from './shared-totals.js';
import type { Total, UserPage } from './user-page.js';
import { isFar, type UserQuery } from './user-query.js';
import type { UserRow } from '../record/user-row.js';
import {
  countUsers,
  estimateUsers,
  formsOf,
  MAX_COUNT,
  selectUsers,
  tryPattern,
} from './user-search.statements.js';

const MAX_PAGES = 100;

/** query_canceled: how long a search takes is as much a matter of what else is going on. */
const TIMED_OUT = '57014';

/** Invalid regular expression and use of escape character; the others would need more memory than any may have. */
const REFUSALS: Record<string, string> = {
  '2201B': 'is not a valid regular expression',
  '2200C': 'is not a valid pattern',
  XX000: 'is too large a regular expression',
  '54001': 'is too large a regular expression',
};

/** Reads many users; nothing is written here. */
@Injectable()
export class UsersSearchService {
  private readonly totals = new SharedTotals();
  /** Of those who list without a search. */
  private readonly pages = new SharedReads<UserPage>(MAX_PAGES);

  constructor(
    private readonly database: DataSource,
    private readonly indexes: SearchIndexes,
  ) {}

  /** @throws AppError guard.invalid_input for a pattern that is wrong, service.unavailable out of time */
  list(tenantId: TenantId, query: UserQuery): Promise<UserPage> {
    if (!isQuick(query)) return this.find(tenantId, query);
    return this.pages.read([tenantId, query], () => this.find(tenantId, query));
  }

  private async find(tenantId: TenantId, query: UserQuery): Promise<UserPage> {
    if (isSearch(query)) await this.indexes.keepMerged();
    const question = countUsers(tenantId, query);
    try {
      const { page, shared } = await this.read(tenantId, query, async (run) => {
        for (const search of query.fields) await this.checkPattern(search, query, run);
        const found = await run<UserRow>(selectUsers(tenantId, query));
        const page: UserPage = {
          users: found.slice(0, query.pageSize),
          hasNext: found.length > query.pageSize,
        };
        if (query.page === undefined || query.count === 'none') return { page };
        const total = endOf(query, found.length);
        if (total) return { page: { ...page, total } };
        if (query.count === 'exact')
          return { page: { ...page, total: await count(tenantId, query, run) } };
        // Who waits for another's count needs no connection meanwhile.
        const shared = this.totals.find(question);
        if (shared) return { page, shared };
        return {
          page: { ...page, total: await this.totals.share(question, count(tenantId, query, run)) },
        };
      });
      if (!shared) return page;
      return {
        ...page,
        total:
          (await shared) ??
          (await this.read(tenantId, query, (run) => count(tenantId, query, run))),
      };
    } catch (error) {
      throw unavailableOf(error) ?? error;
    }
  }

  /** What may take long has a shorter time limit, which is that of a transaction, and a lane: two statements more. */
  private read<Result>(
    tenantId: TenantId,
    query: UserQuery,
    work: (run: Run) => Promise<Result>,
  ): Promise<Result> {
    if (isQuick(query))
      return usersLane(this.database).run(tenantId, () =>
        work((statement) => preparedQuery(poolOf(this.database), statement)),
      );
    return searching(this.database, tenantId, work);
  }

  /** A regular expression is looked at once by itself: a search that finds no row never would. */
  private async checkPattern(
    { field, mode, values: [value = ''] }: UserQuery['fields'][number],
    { isCaseSensitive }: UserQuery,
    run: Run,
  ): Promise<void> {
    if (mode !== 'posix' && mode !== 'similar_to') return;
    try {
      for (const form of formsOf(field, mode, value))
        await run(tryPattern(mode, isCaseSensitive, form));
    } catch (error) {
      const detail = REFUSALS[codeOf(error)];
      if (detail === undefined) throw error;
      throw invalidInput([{ pointer: `/search.${field}`, code: 'invalid_format', detail }]);
    }
  }
}

/** The total that a last page tells by itself. An empty one does not: there may be none before it, either. */
function endOf({ page = 1, pageSize }: UserQuery, found: number): Total | undefined {
  const isLast = found <= pageSize && (found > 0 || page === 1);
  return isLast ? { count: (page - 1) * pageSize + found, isEstimate: false } : undefined;
}

const isQuick = (query: UserQuery) =>
  !isSearch(query) && query.count !== 'exact' && !isFar(query.page ?? 1, query.pageSize);

const isSearch = ({ fields, anywhere, customData }: UserQuery) =>
  fields.length + customData.length > 0 || anywhere !== undefined;

type Run = <Row>(statement: Statement) => Promise<Row[]>;

async function count(tenantId: TenantId, query: UserQuery, run: Run): Promise<Total> {
  const [counted] = await run<{ count: number }>(countUsers(tenantId, query));
  const count = counted?.count ?? 0;
  if (count <= MAX_COUNT || query.count === 'exact') return { count, isEstimate: false };
  const [plan] = await run<ExplainRow>(estimateUsers(tenantId, query));
  const rows = plan?.['QUERY PLAN'][0]?.Plan['Plan Rows'] ?? 0;
  return { count: Math.max(rows, count), isEstimate: true };
}

interface ExplainRow {
  'QUERY PLAN': { Plan: { 'Plan Rows': number } }[];
}

const codeOf = (error: unknown) =>
  String(error instanceof QueryFailedError && (error.driverError as { code?: unknown }).code);

function unavailableOf(error: unknown): AppError | undefined {
  if (error instanceof WaitedTooLong)
    return unavailable('There are too many searches or pages at a time. Try again soon.');
  if (codeOf(error) !== TIMED_OUT) return undefined;
  return unavailable(
    `The search took longer than ${SEARCH_LIMITS.statement / 1_000} s. Narrow it down, or try again.`,
  );
}
