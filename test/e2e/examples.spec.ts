import { spawn, spawnSync } from 'node:child_process';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { freePort } from '../../src/database/loopback-port.js';
import { FaultyProxy } from '../support/faulty-proxy.js';
import { until } from '../support/receiver.js';
import { snippetsOf } from '../support/snippets.js';
import { TestApp } from '../support/test-app.js';
import { insertUser, unique } from '../support/users.js';

let app: TestApp;
let proxy: FaultyProxy;
let token: string;
beforeAll(async () => {
  app = await TestApp.start();
  await app.app.listen(0, '127.0.0.1');
  proxy = await FaultyProxy.start(await app.app.getUrl());
  token = await app.issuer.managementToken();
});
afterAll(async () => {
  await proxy.stop();
  await app.stop();
});

const start = ([program = '', ...command]: string[], folder: string, ...parameters: string[]) =>
  spawn(program, [...command, ...parameters], {
    cwd: `examples/${folder}`,
    env: { ...process.env, NAMEPLATE_URL: proxy.url, NAMEPLATE_TOKEN: token },
    // `go run` and a shell have a child: all of them are ended together.
    detached: true,
  });

const LANGUAGES = [
  {
    folder: 'curl',
    needs: ['curl', '--version'],
    change: ['sh', 'change-a-user.sh'],
    follow: ['sh', 'follow-the-feed.sh'],
  },
  {
    folder: 'python',
    needs: ['python3', '--version'],
    change: ['python3', 'change_a_user.py'],
    follow: ['python3', 'follow_the_feed.py'],
  },
  {
    folder: 'go',
    needs: ['go', 'version'],
    change: ['go', 'run', './change-a-user'],
    follow: ['go', 'run', './follow-the-feed'],
  },
];

describe.each(LANGUAGES)('the examples with $folder', ({ folder, needs, change, follow }) => {
  const [program = '', ...parameters] = needs;
  const isThere = spawnSync(program, parameters).status === 0;
  const tries = isThere ? it : it.skip;
  const because = isThere ? '' : ` (not tried: there is no ${program} here)`;

  const run = async (...given: string[]) => {
    const child = start(change, folder, ...given);
    const [output, problem] = await Promise.all([buffer(child.stdout), buffer(child.stderr)]);
    return { output: output.toString(), problem: problem.toString() };
  };

  tries(
    `change a user once, with version and key, also when it is sent again${because}`,
    async () => {
      const id = await insertUser(app);
      proxy.next({ status: 503, headers: { 'retry-after': '1' } }, undefined, 'answer lost');
      const name = `"${unique()}" \\ ä`;
      const { output } = await run(id, name);
      expect(JSON.parse(output)).toMatchObject({ id, name });
      const writes = proxy.seen.filter(({ method }) => method === 'PATCH');
      expect(writes).toHaveLength(2);
      expect(new Set(writes.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
      expect(writes[0]?.headers).toMatchObject({ 'if-match': '"1"' });
    },
  );

  tries(`tell that somebody else was faster${because}`, async () => {
    const id = await insertUser(app);
    proxy.next(undefined, { status: 412 });
    expect((await run(id, 'late')).output).toBe('');
    proxy.next();
    const { output, problem } = await run(id, 'x'.repeat(200));
    expect(output).toBe('');
    expect(problem).toContain('"pointer":"/name"');
  });

  tries(`follow the feed, and go on when the connection is lost${because}`, async () => {
    const id = await insertUser(app);
    const rename = () =>
      app.call({ method: 'PATCH', url: `/api/users/${id}`, token, body: { name: unique() } });
    await rename();
    proxy.next();
    const child = start(follow, folder, '0');
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const heard = () => output.match(new RegExp(id, 'g'))?.length ?? 0;
    await until(() => heard() > 0);
    const once = heard();
    proxy.next({ status: 503, headers: { 'retry-after': '1' } }, 'answer lost');
    await rename();
    await until(() => heard() === 2 * once);
    process.kill(-(child.pid as number), 'SIGKILL');
    expect(heard()).toBe(2 * once);
  });
});

describe('the TypeScript of docs/clients.md', () => {
  const [code = '', receiver = ''] = snippetsOf('docs/clients.md');
  const run = (program: string, env: Record<string, string>) => {
    const node = ['--import', 'tsx', '--conditions=nameplate-source'];
    const typed = ['--no-warnings', '--input-type=module-typescript', '--eval', program];
    const child = spawn(process.execPath, [...node, ...typed], { env: { ...process.env, ...env } });
    const said = { output: '', child };
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (said.output += chunk.toString()));
    return said;
  };

  it('creates and changes a user, lists users, and follows the feed', async () => {
    proxy.next();
    const said = run(code, { NAMEPLATE_URL: proxy.url, NAMEPLATE_TOKEN: token });
    // What other tests have changed is in the feed, too.
    const all = /^user \S+ Ada Lovelace\n(\d+ .*\n)*\d+ User\.Created\n\d+ User\.Data\.Updated\n/;
    await until(() => all.test(said.output));
    said.child.kill();
    expect(said.output).toMatch(all);
    const write = proxy.seen.find(({ method }) => method === 'PATCH');
    expect(write?.headers).toMatchObject({ 'if-match': '"1"' });
  });

  it('receives webhooks that are genuine, and no others', async () => {
    const secret = `whsec_${Buffer.alloc(32).toString('base64')}`;
    const port = await freePort();
    const said = run(receiver, { HOOK_SECRET: secret, PORT: String(port) });
    const body = '{"sequence":"7","type":"User.Created","subject":"ada"}';
    const post = (key: string) =>
      fetch(`http://127.0.0.1:${port}`, { method: 'POST', headers: signed(key, body), body }).then(
        ({ status }) => status,
        () => 0,
      );
    const wrong = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
    await until(async () => (await post(wrong)) > 0);
    expect(await post(wrong)).toBe(401);
    expect(said.output).toBe('');
    expect(await post(secret)).toBe(204);
    await until(() => said.output !== '');
    said.child.kill();
    expect(said.output).toBe('7 User.Created\n');
  });
});

const signed = (secret: string, body: string) => {
  const now = new Date();
  return {
    'webhook-id': 'event',
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign('event', now, body),
  };
};
