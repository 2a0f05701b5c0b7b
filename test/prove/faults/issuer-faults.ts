import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createKey } from '../../support/test-issuer.js';
import { Lab } from '../lab.js';
import type { Row } from '../part.js';
import { eventually } from '../programs.js';

/** MiB that the service may ever have taken. */
const MOST_MEMORY = 400;

/** How an issuer answers that cannot be relied on. */
const LIES: Record<string, (response: ServerResponse) => void> = {
  down: (response) => response.destroy(),
  slow: () => undefined,
  'sending garbage': (response) => response.end('\0\xff<html>'),
  'sending a gigabyte': (response) => endless(response),
  'leading somewhere else': (response) => response.writeHead(302, { location: '/elsewhere' }).end(),
  'sending keys of nobody': (response) => response.end('{"keys":[{"kty":"oct","k":"AA"}]}'),
};

const SHORT = ['sending a gigabyte', 'leading somewhere else'];

/** Each lie is told to an instance that knows the keys, and to one that has never had any. */
export async function issuerFaults(isShort: boolean): Promise<Row[]> {
  const lies = Object.entries(LIES).filter(([lie]) => !isShort || SHORT.includes(lie));
  return Promise.all(lies.map(([lie, tell]) => tried(lie, tell, isShort)));
}

async function tried(
  lie: string,
  tell: (response: ServerResponse) => void,
  isShort: boolean,
): Promise<Row> {
  const lab = await Lab.start({ env: () => ({ LOG_LEVEL: 'fatal' }) });
  const { issuer, port } = lab;
  const faults: string[] = [];
  const next = await createKey('next');
  const says = async (what: string, token: string, expected: number) => {
    const headers = { authorization: `Bearer ${token}` };
    const { status } = await fetch(`http://127.0.0.1:${port}/api/users/nobody`, { headers });
    if (status !== expected) faults.push(`${what} is ${status}, not ${expected}`);
  };
  try {
    issuer.answerKeys = tell;
    // Who follows a redirect takes the keys of whoever stands there.
    issuer.jwks = JSON.stringify({ keys: [next.publicJwk] });
    await says('a new token of a known key', await issuer.managementToken({ jti: 1 }), 404);
    await says('one of an unknown key', await issuer.sign(MANAGEMENT, {}, next), 503);
    await says('again one of the known key', await issuer.managementToken({ jti: 2 }), 404);
    if (!(await fetch(`http://127.0.0.1:${port}/health/live`)).ok) faults.push('it is not live');
    if (!isShort) {
      const fresh = await Lab.start({ env: () => ({ LOG_LEVEL: 'fatal' }), isWaiting: false }, lab);
      await eventually('it listens', async () => (await live(fresh)).ok);
      if (await fresh.isReady()) faults.push('it is ready without keys');
      if (peakOf(fresh.pid) > MOST_MEMORY) faults.push(`${peakOf(fresh.pid)} MiB at start`);
      issuer.answerKeys = undefined;
      issuer.jwks = undefined;
      issuer.keys.push(next);
      await eventually('it is ready once the issuer is well', () => fresh.isReady(), 30);
      await eventually('the rotated key is found', async () => {
        const headers = { authorization: `Bearer ${await issuer.sign(MANAGEMENT, {}, next)}` };
        const answer = await fetch(`http://127.0.0.1:${port}/api/users/nobody`, { headers });
        return answer.status === 404;
      });
      await fresh.stop();
    }
  } catch (error) {
    faults.push(String(error));
  }
  const peak = peakOf(lab.pid);
  if (peak > MOST_MEMORY) faults.push(`it took ${peak} MiB`);
  issuer.answerKeys = undefined;
  await lab.stop();
  const claim = `an issuer ${lie}: known keys go on, unknown ones are 503`;
  return { claim, cases: isShort ? 3 : 6, faults, note: `${peak} MiB at most` };
}

const MANAGEMENT = { sub: 'other', aud: 'urn:test:management', scope: 'all' };

const live = ({ port }: Lab) => fetch(`http://127.0.0.1:${port}/health/live`);

/** MiB. */
const peakOf = (pid: number) =>
  Math.round(
    Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024,
  );

function endless(response: ServerResponse): void {
  const chunk = Buffer.alloc(1_048_576, ' ');
  let left = 1_024;
  const write = () => {
    while (left > 0 && !response.destroyed) {
      left -= 1;
      if (!response.write(chunk)) {
        response.once('drain', write);
        return;
      }
    }
    response.end('{}');
  };
  write();
}
