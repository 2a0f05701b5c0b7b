import { type Operation, OPERATIONS } from '../fuzz/operations.js';
import type { Row, Settings } from '../part.js';
import { enough } from '../some.js';
import { BROKEN, type CallerKind, pathOf, type Tenant, type World } from './world.js';

const SCOPES = [...new Set(['', ...OPERATIONS.flatMap(({ scopes }) => scopes)])].sort();

const CALLERS: [CallerKind, Tenant][] = [
  ['user', 'acme'],
  ['management', 'acme'],
  ['operator', 'acme'],
  ['user', 'globex'],
  ['management', 'globex'],
];

/** Every route by every kind of caller with every scope: in only with one that is documented. */
export async function scopes(world: World, settings: Settings): Promise<Row> {
  const faults: string[] = [];
  const all = CALLERS.flatMap(([kind, tenant]) =>
    SCOPES.flatMap((scope) => OPERATIONS.map((operation) => ({ kind, tenant, scope, operation }))),
  );
  const tried = enough(all, settings);
  const before = await world.digest.take();
  for (const { kind, tenant, scope, operation } of tried) {
    const authorization = `Bearer ${await world.token(kind, tenant, scope)}`;
    const body = operation.method === 'GET' ? undefined : BROKEN;
    // Not of a user who is there: a DELETE that is let in would delete.
    const sent = { method: operation.method, path: pathOf(operation, 'nobody'), body };
    const { status } = await world.ask(sent, operation.kind, authorization);
    if (outcome(status) === expected(operation, kind, tenant, scope)) continue;
    const curl = world.curl(sent, operation.kind, authorization);
    faults.push(`${kind} of ${tenant} with «${scope}»: ${status}\n${curl}`);
  }
  if ((await world.digest.take()) !== before) faults.push('something is written');
  const claim = 'routes × kinds × tenants × scopes: in only as documented';
  return { claim, cases: tried.length, faults };
}

const outcome = (status: number) => (status === 401 || status === 403 ? status : 'in');

function expected(operation: Operation, kind: CallerKind, tenant: Tenant, scope: string) {
  if (operation.kind === 'public') return 'in';
  if (operation.kind !== kind || tenant !== 'acme') return 401;
  return operation.scopes.includes(scope) ? 'in' : 403;
}
