import { constants, KeyObject, sign as signBytes } from 'node:crypto';
import { BAD_CALLERS, type BadCaller } from '../../support/bad-callers.js';
import { createKey, type SigningKey } from '../../support/test-issuer.js';
import { OPERATIONS } from '../fuzz/operations.js';
import type { Row, Settings } from '../part.js';
import { BROKEN, type CallerKind, pathOf, type World } from './world.js';

const KINDS = ['user', 'management', 'operator'] as const;
const CLOSED = OPERATIONS.filter(({ kind }) => kind !== 'public');

/** Tokens that claim another algorithm, key, audience or time than they may: 401 on every route. */
export async function confusions(world: World, { isShort }: Settings): Promise<Row> {
  const { issuer } = world.lab;
  const rsa = await createKey('rsa', 'RS256');
  issuer.keys.push(rsa);
  const callers = { ...BAD_CALLERS, ...ofRsaKey(rsa) };
  // Short: one route of each kind, as auth-matrix.spec.ts has them all.
  const tried = isShort
    ? KINDS.flatMap((kind) => CLOSED.find((operation) => operation.kind === kind) ?? [])
    : CLOSED;
  const before = await world.digest.take();
  const faults: string[] = [];
  let cases = 0;
  for (const [caller, header] of Object.entries(callers))
    for (const operation of tried) {
      const kind = operation.kind as CallerKind;
      const others = KINDS.filter((other) => other !== kind).map((other) => world.claims(other));
      const authorization = await header({ issuer, claims: world.claims(kind), others });
      const body = operation.method === 'GET' ? undefined : BROKEN;
      const sent = { method: operation.method, path: pathOf(operation), body };
      const { status } = await world.ask(sent, kind, authorization);
      cases += 1;
      if (status !== 401)
        faults.push(`${caller}: ${status}\n${world.curl(sent, kind, authorization)}`);
    }
  if ((await world.digest.take()) !== before) faults.push('something is written');
  return { claim: `${Object.keys(callers).length} forged and unfit tokens are 401`, cases, faults };
}

/** Good signatures of the issuer's own RSA key, by algorithms that the key is not for. */
function ofRsaKey(rsa: SigningKey): Record<string, BadCaller> {
  const key = KeyObject.from(rsa.privateKey);
  return Object.fromEntries(
    ['RS384', 'RS512', 'PS256', 'PS384', 'PS512'].map((alg): [string, BadCaller] => [
      `a token of the RS256 key, signed as ${alg}`,
      async ({ issuer, claims }) => {
        const payload = (await issuer.sign(claims)).split('.')[1] ?? '';
        const header = Buffer.from(JSON.stringify({ alg, kid: rsa.kid })).toString('base64url');
        const padding = alg.startsWith('PS')
          ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: Number(alg.slice(2)) / 8 }
          : {};
        const text = Buffer.from(`${header}.${payload}`);
        const signature = signBytes(`sha${alg.slice(2)}`, text, { key, ...padding });
        return `Bearer ${header}.${payload}.${signature.toString('base64url')}`;
      },
    ]),
  );
}
