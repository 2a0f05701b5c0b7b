import { setTimeout as sleep } from 'node:timers/promises';
import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { DataSource } from 'typeorm';
import type { Principal } from '../auth/principal.js';
import { Env } from '../config/env.js';
import { inTransaction, query, rolledBack } from '../database/current-transaction.js';
import { isLockNotAvailable } from '../database/lock-not-available.js';
import { oneUser } from '../database/lanes.js';
import { PerTenant } from '../database/per-tenant.js';
import type { Run } from '../database/transaction.js';
import { notingEvents } from './recorded-events.js';
import { isSet } from '../http/flags.js';
import { bodyOf } from '../http/versioned.js';
import * as idempotency from './idempotency.js';
import * as statements from './idempotency.statements.js';
import { KeyedGroups } from './keyed-groups.js';
import { type KeyedRequest, replay, settle } from './keyed-request.js';
import { remembered } from './remembered-answers.js';
import { takeKeysIn } from './take-keys.js';
import { WRITES, type WriteOptions } from './write-options.js';

/** Another transaction has the key. What the request itself waits for is another matter. */
class KeyHeld extends Error {
  override name = 'KeyHeld';
}

/**
 * Requests with `Idempotency-Key` or `?dryRun=true` run in a transaction: with the first it also holds
 * the answer, with the second it is rolled back. Requests with neither need none, and have none.
 */
@Injectable()
export class WriteInterceptor implements NestInterceptor {
  private readonly groups: PerTenant<KeyedGroups>;
  /** By tenant and key, of those that go alone. */
  private readonly running = new Map<string, Promise<unknown>>();

  constructor(
    private readonly env: Env,
    private readonly reflector: Reflector,
    private readonly database: DataSource,
  ) {
    const hours = env.IDEMPOTENCY_KEY_HOURS;
    this.groups = new PerTenant(
      (tenantId) => new KeyedGroups(tenantId, database, hours, this.once),
    );
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const options = this.reflector.get<WriteOptions>(WRITES, context.getHandler());
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    const key = idempotency.idempotencyKey(request);
    const reset = resetOf(reply);
    const handle = async () => {
      reset();
      const answer: unknown = await lastValueFrom(next.handle(), { defaultValue: undefined });
      return bodyOf(answer, request, reply);
    };
    if (options.writesUser && isSet(request, 'dryRun'))
      return from(this.inTurn(request, () => this.tried(request, reply, options, handle)));
    if (key === undefined) return next.handle();
    const keyed = {
      ...{ key, request, reply, options, handle },
      tenantId: request.tenant.id,
      id: idempotency.keyId(key, request.principal as Principal),
      fingerprint: idempotency.fingerprint(key, request),
    };
    return from(options.isQuick ? this.groups.of(keyed.tenantId).run(keyed) : this.once(keyed));
  }

  /** Transactions about one user come one after the other, so that a row that is held costs one connection. */
  private inTurn<Result>(request: FastifyRequest, work: () => Promise<Result>): Promise<Result> {
    const id = idempotency.userOf(request);
    if (id === undefined) return work();
    return oneUser(this.database).run(`${request.tenant.id} ${id}`, work);
  }

  /** What would come of the request, and nothing of it stays. */
  private async tried(
    { tenant }: FastifyRequest,
    reply: FastifyReply,
    { part }: WriteOptions,
    handle: KeyedRequest['handle'],
  ): Promise<unknown> {
    const { answer, changes } = await rolledBack(this.database, tenant.id, async (run) => {
      const { result, ids } = await notingEvents(handle);
      const own = await run<{ changes: unknown[] }>(statements.selectChanges(tenant.id, ids));
      return { answer: result, changes: own.flatMap((event) => event.changes) };
    });
    for (const name of ['ETag', 'Location']) reply.removeHeader(name);
    void reply.status(200);
    return { user: part ? { [part]: answer } : (answer ?? null), changes };
  }

  /** The request itself, the first time; the answer that it had then, every other time. */
  private once = async (keyed: KeyedRequest): Promise<unknown> => {
    const name = `${keyed.tenantId} ${keyed.id}`;
    const other = this.running.get(name);
    // Behind it in the turn of its user, who waits would learn too late that the key is in use.
    if (other && !(await endsSoon(other))) return this.again(keyed);
    const done = this.inTurn(keyed.request, () => this.onceInTurn(keyed));
    this.running.set(name, done);
    try {
      return await done;
    } finally {
      if (this.running.get(name) === done) this.running.delete(name);
    }
  };

  private onceInTurn = async (keyed: KeyedRequest): Promise<unknown> => {
    const { id, fingerprint, tenantId } = keyed;
    try {
      const give = await inTransaction(this.database, tenantId, async (run) => {
        const hours = this.env.IDEMPOTENCY_KEY_HOURS;
        const asked = [{ id, fingerprint }];
        const taken = await takeKeysIn(this.database, run, tenantId, asked, hours).catch(
          (error: unknown) => {
            throw isLockNotAvailable(error) ? new KeyHeld() : error;
          },
        );
        if (!taken?.ids) {
          const outcome = await remembered(run, keyed);
          return () => replay(keyed, outcome);
        }
        const { answer, give } = await settle(keyed);
        if (answer) await run(statements.storeAnswers(tenantId, [answer]));
        return give;
      });
      return give();
    } catch (error) {
      if (!(error instanceof KeyHeld)) throw error;
      return this.again(keyed);
    }
  };

  /** Somebody else holds the key: to do the request, or only to see that it is done. */
  private async again(keyed: KeyedRequest): Promise<unknown> {
    const run: Run = (statement) => query(this.database, statement);
    return replay(keyed, await remembered(run, keyed));
  }
}

/** Whether it ends while one that has the same key may wait for it. */
const endsSoon = (work: Promise<unknown>) =>
  Promise.race([
    work.then(
      () => true,
      () => true,
    ),
    sleep(statements.PATIENCE_MS, false, { ref: false }),
  ]);

/** What makes the reply as it is now: a request may be handled again, and what it set is nothing. */
function resetOf(reply: FastifyReply): () => void {
  const { statusCode } = reply;
  const headers = reply.getHeaders();
  return () => {
    for (const name of Object.keys(reply.getHeaders()))
      if (!(name in headers)) void reply.removeHeader(name);
    void reply.status(statusCode).headers(headers);
  };
}
