import type { DataSource } from 'typeorm';
import { isSpread } from '../database/spread-databases.js';
import type { TenantId } from '../database/tenant.js';
import { REQUEST_LIMITS } from '../database/time-limits.js';
import type { Run } from '../database/transaction.js';
import * as statements from './idempotency.statements.js';

/** Takes keys in a transaction. Nodes of Citus are told apart from the statement how long it may wait. */
export async function takeKeysIn(
  database: DataSource,
  run: Run,
  tenantId: TenantId,
  asked: statements.AskedKey[],
  hours: number,
  patience = statements.PATIENCE_MS,
): Promise<statements.TakenKeys | undefined> {
  const isOnNodes = isSpread(database);
  if (isOnNodes) await run(statements.waitOnNodes(patience));
  const [taken] = await run<statements.TakenKeys>(
    statements.takeKeys(tenantId, asked, hours, patience),
  );
  if (isOnNodes) await run(statements.waitOnNodes(REQUEST_LIMITS.lock));
  return taken;
}
