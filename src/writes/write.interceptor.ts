import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { DataSource, type EntityManager, QueryFailedError } from 'typeorm';
import type { Principal } from '../auth/principal.js';
import { Env } from '../config/env.js';
import { inTransaction, rolledBack } from '../database/current-transaction.js';
import type { Statement } from '../database/statement.js';
import { TENANT } from '../database/tenant.js';
import { AppError } from '../errors/app-error.js';
import { notingEvents } from '../events/recorded-events.js';
import type { Change } from '../events/user-event.entity.js';
import { isSet } from '../http/flags.js';
import { userSuspended } from '../users/user.errors.js';
import * as idempotency from './idempotency.js';
import * as statements from './idempotency.statements.js';
import { WRITES, type WriteOptions } from './writes.js';

const LOCK_NOT_AVAILABLE = '55P03';

/** What the handler and the interceptors behind this one do. */
type Handle = () => Promise<unknown>;

/**
 * Requests with `Idempotency-Key` or `?dryRun=true` run in a transaction: with the first it also holds
 * the answer, with the second it is rolled back. Requests with neither need none, and have none.
 */
@Injectable()
export class WriteInterceptor implements NestInterceptor {
  constructor(
    private readonly env: Env,
    private readonly reflector: Reflector,
    private readonly database: DataSource,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const options = this.reflector.get<WriteOptions | undefined>(WRITES, context.getHandler());
    if (!options) return next.handle();
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    const key = idempotency.idempotencyKey(request);
    const handle = () => lastValueFrom(next.handle(), { defaultValue: undefined });
    if (options.writesUser && isSet(request, 'dryRun'))
      return from(this.tried(reply, options, handle));
    if (key === undefined) return next.handle();
    return from(this.once(key, request, reply, options, handle));
  }

  /** What would come of the request, and nothing of it stays. */
  private async tried(
    reply: FastifyReply,
    { part }: WriteOptions,
    handle: Handle,
  ): Promise<unknown> {
    const { answer, changes } = await rolledBack(this.database, async (manager) => {
      const { result, ids } = await notingEvents(handle);
      const own = await run<{ changes: Change[] }>(manager, statements.selectChanges(TENANT, ids));
      return { answer: result, changes: own.flatMap((event) => event.changes) };
    });
    for (const name of ['ETag', 'Location']) reply.removeHeader(name);
    void reply.status(200);
    return { user: part ? { [part]: answer } : (answer ?? null), changes };
  }

  /** The request itself, the first time; the answer that it had then, every other time. */
  private async once(
    key: string,
    request: FastifyRequest,
    reply: FastifyReply,
    { writesUser }: WriteOptions,
    handle: Handle,
  ): Promise<unknown> {
    const principal = request.principal as Principal;
    const id = idempotency.keyId(key, principal);
    const fingerprint = idempotency.fingerprint(key, request);
    try {
      const give = await inTransaction(this.database, async (manager) => {
        if (!(await take(manager, id, fingerprint, this.env.IDEMPOTENCY_KEY_HOURS))) {
          const outcome = await remembered(manager, key, id, fingerprint, principal);
          return () => idempotency.replay(outcome, reply);
        }
        const { outcome, give: answer } = await settle(handle, reply);
        const userId = writesUser ? idempotency.userOf(request, outcome) : undefined;
        const showsUser = userId !== undefined && 'body' in outcome && outcome.body !== undefined;
        const stored = { answer: idempotency.sealOutcome(key, id, outcome), userId, showsUser };
        await run(manager, statements.storeAnswer(TENANT, id, stored));
        return answer;
      });
      return give();
    } catch (error) {
      if (!isLockNotAvailable(error)) throw error;
      // Somebody else holds the key: to do the request, or only to see that it is done.
      const outcome = await remembered(this.database.manager, key, id, fingerprint, principal);
      return idempotency.replay(outcome, reply);
    }
  }
}

/** Whether the key is this request's now. */
async function take(
  manager: EntityManager,
  id: string,
  fingerprint: string,
  hours: number,
): Promise<boolean> {
  await run(manager, [statements.LOCK_TIMEOUT, []]);
  const taken = await run(manager, statements.takeKey(TENANT, id, fingerprint, hours));
  await run(manager, [statements.NO_LOCK_TIMEOUT, []]);
  return taken.length > 0;
}

async function remembered(
  manager: EntityManager,
  key: string,
  id: string,
  fingerprint: string,
  { kind, subject }: Principal,
): Promise<idempotency.Outcome> {
  const user = kind === 'user' ? subject : undefined;
  const [row] = await run<statements.RememberedAnswer>(
    manager,
    statements.selectAnswer(TENANT, id, user),
  );
  if (!row)
    throw new AppError(
      'request.idempotency_key_in_use',
      'A request with this Idempotency-Key is still running.',
      { headers: { 'Retry-After': '1' } },
    );
  if (row.isSuspended) throw userSuspended();
  if (row.fingerprint !== fingerprint)
    throw new AppError(
      'request.idempotency_key_mismatch',
      'This Idempotency-Key was used for another request.',
    );
  if (row.answer === null)
    throw new AppError('entity.not_found', 'The user that the answer was about is erased.');
  return idempotency.openOutcome(key, id, row.answer);
}

/** What is to be remembered of a request, and how it is answered now. */
async function settle(handle: Handle, reply: FastifyReply) {
  try {
    const body = await handle();
    return { outcome: idempotency.answerOutcome(reply, body), give: () => body };
  } catch (error) {
    const outcome = idempotency.refusalOutcome(error);
    if (!outcome) throw error;
    return {
      outcome,
      give: () => {
        throw error;
      },
    };
  }
}

const run = <Row>(manager: EntityManager, [sql, parameters]: Statement) =>
  manager.query<Row[]>(sql, parameters);

function isLockNotAvailable(error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  return (error.driverError as { code?: string }).code === LOCK_NOT_AVAILABLE;
}
