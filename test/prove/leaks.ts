import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { exchange, toCurl } from './exchange.js';
import { type Operation, OPERATIONS } from './fuzz/operations.js';
import { Lab } from './lab.js';
import { Canaries } from './leaks/canaries.js';
import { requestsOf } from './leaks/requests.js';
import { TROUBLES } from './leaks/troubles.js';
import type { Row, Settings } from './part.js';
import { eventually } from './programs.js';
import { some } from './some.js';

export const name = 'leaks';

/** Of each trouble: requests in `npm test`, and milliseconds otherwise. */
const SHORT_REQUESTS = 20;
const FULL_MS = 12_000;

/** What must not be told, sent by every way there is, and looked for in the log and in other answers. */
export async function run({ seed, isShort }: Settings): Promise<Row[]> {
  const canaries = new Canaries();
  const receiver = await startReceiver(canaries);
  const lab = await Lab.start({
    env: () => ({
      ...{ LOG_LEVEL: 'trace', HOOKS_ALLOW_PRIVATE_TARGETS: 'on', HOOKS_RETRY_DELAY_SECONDS: '1' },
      SELF_SERVICE_PROVISIONING: 'on',
    }),
  });
  canaries.note('password of the database', new URL(lab.database.url).password);
  const faults: string[] = [];
  let cases = 0;
  try {
    await hook(lab, canaries, receiver.url);
    const operations = OPERATIONS.filter(({ kind }) => kind === 'user' || kind === 'management');
    const ways = operations.flatMap((operation) =>
      [...requestsOf(operation, new Canaries())].map((_, place) => ({ operation, place })),
    );
    for (const [trouble, make] of Object.entries(TROUBLES)) {
      const mend = await make(lab.database);
      const deadline = performance.now() + (isShort ? Infinity : FULL_MS);
      const tried = some(ways, isShort ? SHORT_REQUESTS : ways.length, seed + cases);
      for (const { operation, place } of tried) {
        if (performance.now() > deadline) break;
        cases += 1;
        faults.push(...(await leaksOf(operation, place, trouble)));
      }
      await mend();
    }
    // Deliveries that fail are tried again, and told.
    const send = lab.sender(await token(lab, canaries, 'management'));
    for (const body of [{ name: canaries.text('name') }, { name: canaries.text('name') }])
      await send('POST', '/users', body);
    await eventually('the receiver was tried', async () => receiver.times() > 2);
    await sleep(300);
  } finally {
    lab.signal('SIGTERM');
    await lab.ended();
    await lab.stop();
    await receiver.stop();
  }
  /** What the answer to a request tells of other requests. */
  async function leaksOf(operation: Operation, place: number, trouble: string): Promise<string[]> {
    const tag = canaries.next();
    const request = [...requestsOf(operation, canaries)][place];
    if (!request) return [];
    canaries.next();
    const bearer = await token(lab, canaries, operation.kind);
    const headers = Object.entries({
      ...{ Host: 'localhost', Authorization: `Bearer ${bearer}` },
      ...request.headers,
    });
    const sent = { ...request, headers };
    const { status, body } = await exchange(lab.port, sent);
    const told = status < 400 ? [] : [...canaries.foundIn(body.toString(), tag)];
    return told.map((leak) => `${trouble}: ${leak}\n${toCurl(lab.port, sent)}`);
  }

  const lines = lab.output.split('\n');
  for (const line of lines)
    for (const leak of canaries.foundIn(line)) faults.push(`the log tells ${leak}`);
  if (lines.length < cases) faults.push(`only ${lines.length} lines in the log`);
  return [
    {
      claim: 'no token, address, name, digest, secret or value in the log or in another’s answer',
      ...{ cases, faults: [...new Set(faults)].slice(0, 20) },
      note: `${canaries.count} values, ${lines.length} lines at trace, ${Object.keys(TROUBLES).length - 1} troubles`,
    },
  ];
}

/** A good or a bad one; what it says of its user is secret, too, and of itself all. */
async function token({ issuer }: Lab, canaries: Canaries, kind: string): Promise<string> {
  const claims = {
    ...{ email: `${canaries.text('email')}@example.com`, email_verified: true },
    ...{ name: canaries.text('name'), phone_number: `+${canaries.phone()}` },
    ...{ phone_number_verified: true, preferred_username: canaries.text('username') },
  };
  const made =
    kind === 'user' ? await issuer.userToken('u1', claims) : await issuer.managementToken(claims);
  for (const part of made.split('.').slice(1)) canaries.note('token', part);
  return made;
}

/** A hook whose URL, headers and receiver have something to hide. */
async function hook(lab: Lab, canaries: Canaries, url: string): Promise<void> {
  const send = lab.sender(await token(lab, canaries, 'management'));
  const answer = await send('POST', '/hooks', {
    url: `${url}?key=${canaries.text('hook url')}`,
    headers: { 'x-key': canaries.text('hook header') },
  });
  canaries.note('hook secret', ((await answer.json()) as { secret: string }).secret);
}

/** It fails in each way in turn, and repeats what it was sent. */
async function startReceiver(canaries: Canaries) {
  let times = 0;
  const server = createServer((request, response) => {
    times += 1;
    if (times % 4 === 0) {
      request.socket.destroy();
      return;
    }
    const location = `http://127.0.0.1:1/${canaries.text('redirect')}`;
    response.writeHead([500, 302, 429][times % 3] ?? 500, {
      location,
      'x-echo': request.url ?? '',
    });
    request.pipe(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    times: () => times,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
