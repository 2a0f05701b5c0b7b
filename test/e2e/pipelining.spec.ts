import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { lockWaits } from '../support/lock-waits.js';
import { RawSocket, statuses } from '../support/raw-socket.js';
import { until } from '../support/receiver.js';
import { TestApp } from '../support/test-app.js';
import { insertUser, unique } from '../support/users.js';

let app: TestApp;
let id: string;
let token: string;
beforeAll(async () => {
  app = await TestApp.start();
  await app.app.listen(0, '127.0.0.1');
});
beforeEach(async () => {
  id = await insertUser(app);
  token = await app.issuer.userToken(id);
});
afterAll(() => app.stop());

const patch = (name: string, header = '') => {
  const body = JSON.stringify({ name });
  return (
    `PATCH /api/profile HTTP/1.1\r\nHost: x\r\nX-Request-Id: ${name}\r\n${header}` +
    `Authorization: Bearer ${token}\r\nContent-Type: application/json\r\n` +
    `Content-Length: ${body.length}\r\n\r\n${body}`
  );
};

/** Runs while the user's row is locked, so that its writes are not done before the end of it. */
async function whileLocked(work: () => Promise<void>): Promise<void> {
  await app.database.client.query('BEGIN');
  await app.database.client.query(
    "SELECT FROM users WHERE tenant_id = 'default' AND id = $1 FOR UPDATE",
    [id],
  );
  try {
    await work();
  } finally {
    await app.database.client.query('COMMIT');
  }
}

const logged = (requestId: string) =>
  app.log.filter((line) => line.includes(requestId)).map((line) => JSON.parse(line) as object);

describe.each([
  ['no HTTP', 'nonsense\r\n\r\n', 400],
  ['a tunnel', 'CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n', 405],
])('%s behind requests that run', (_, refused, status) => {
  it('is answered after them, in one piece with the last or later', async () => {
    for (const pause of [undefined, 5, 10, 15]) {
      const names = [unique('m'), unique('m')];
      const raw = RawSocket.open(app);
      const requests = names.map((name) => patch(name)).join('');
      if (pause === undefined) raw.send(requests + refused);
      else {
        raw.send(requests);
        await sleep(pause);
        raw.send(refused);
      }
      const answers = await raw.closed;
      expect(statuses(answers)).toEqual([200, 200, status]);
      for (const name of names) {
        expect(answers).toContain(`"name":"${name}"`);
        expect(logged(name)).toEqual([expect.objectContaining({ status: 200 })]);
      }
    }
  });

  it('is answered after one whose write has to wait', async () => {
    const name = unique('m');
    const raw = RawSocket.open(app);
    await whileLocked(async () => {
      raw.send(patch(name));
      await lockWaits(app, 1);
      raw.send(refused);
      await sleep(50);
      raw.send(refused);
      await sleep(50);
      expect(raw.answer).toBe('');
    });
    expect(statuses(await raw.closed)).toEqual([200, status]);
    expect(logged(name)).toEqual([expect.objectContaining({ status: 200 })]);
  });

  it('does not break into an event stream', async () => {
    const exp = Math.floor(Date.now() / 1000) + 3;
    const bearer = await app.issuer.managementToken({ exp });
    const raw = RawSocket.open(app).send(
      'GET /api/events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n' +
        `Authorization: Bearer ${bearer}\r\n\r\n`,
    );
    await raw.has('retry: ');
    raw.send(refused);
    const name = unique('m');
    expect(statuses(await RawSocket.open(app).send(patch(name) + refused).closed)).toContain(200);
    await raw.has(`"${name}"`);
    const answers = await raw.closed;
    expect(statuses(answers)).toEqual([200, status]);
    // The stream came to its own end.
    expect(answers).toContain('\r\n0\r\n\r\nHTTP/1.1 ');
  });

  it('does not stop one that is larger than what is sent at once', async () => {
    const file = '/docs/swagger-ui-bundle.js';
    const { text } = await app.call({ method: 'GET', url: file });
    const raw = RawSocket.open(app).send(`GET ${file} HTTP/1.1\r\nHost: x\r\n\r\n${refused}`);
    const answers = await raw.closed;
    expect(answers).toContain(`${text}HTTP/1.1 ${status} `);
  });

  it('is not answered after one that ends the connection', async () => {
    const raw = RawSocket.open(app).send(patch(unique('m'), 'Connection: close\r\n') + refused);
    expect(statuses(await raw.closed)).toEqual([200]);
  });

  it('leaves who goes on sending the time to read what came before', async () => {
    const raw = RawSocket.open(app);
    await whileLocked(async () => {
      raw.send(patch(unique('m'), 'Connection: close\r\n') + refused);
      await lockWaits(app, 1);
      raw.socket.pause();
    });
    await sleep(100);
    // On a connection that is closed on both sides, this would be answered by a reset.
    for (let n = 0; n < 3; n += 1) {
      raw.send('x');
      await sleep(30);
    }
    raw.socket.resume();
    expect(statuses(await raw.closed)).toEqual([200]);
  });

  it('does no harm when the client has left', async () => {
    const name = unique('m');
    await whileLocked(async () => {
      const raw = RawSocket.open(app).send(patch(name) + refused);
      await lockWaits(app, 1);
      raw.socket.destroy();
      await raw.closed;
    });
    expect(await nameOnceDone(name)).toBe(name);
  });
});

/** The user's name. Nobody is left to be told when the write is done. */
async function nameOnceDone(name: string): Promise<unknown> {
  const own = async () => (await app.call({ method: 'GET', url: '/api/profile', token })).json.name;
  await until(async () => (await own()) === name);
  return own();
}

describe('a body that is no longer HTTP', () => {
  const head = () =>
    `PATCH /api/profile HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n` +
    'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
  const chunk = '9\r\n{"name":"\r\n';

  it.each([
    ['with its head', '', ''],
    ['after it', '', chunk],
    ['after a part', chunk, ''],
  ])('is the one answer of its request, and a log line: %s', async (_, first, second) => {
    const name = unique('m');
    const raw = RawSocket.open(app).send(head().replace('\r\n', `\r\nX-Request-Id: ${name}\r\n`));
    raw.send(first);
    if (second) await sleep(50);
    raw.send(`${second}no chunk\r\n`);
    const answers = await raw.closed;
    expect(statuses(answers)).toEqual([400]);
    expect(answers).toMatch(/^connection: close\r$/im);
    expect(answers).toContain('"code":"request.malformed"');
    expect(logged(name)).toEqual([expect.objectContaining({ status: 400, method: 'PATCH' })]);
  });

  it('is answered after what came before', async () => {
    const name = unique('m');
    const raw = RawSocket.open(app);
    await whileLocked(async () => {
      raw.send(patch(name));
      await lockWaits(app, 1);
      raw.send(`${head()}${chunk}no chunk\r\n`);
      await sleep(50);
      expect(raw.answer).toBe('');
    });
    expect(statuses(await raw.closed)).toEqual([200, 400]);
  });

  it('adds nothing to an answer that did not wait for it', async () => {
    const raw = RawSocket.open(app).send(head().replace('Bearer', 'Nobody'));
    await raw.has('"status":401');
    raw.send('no chunk\r\n');
    expect(statuses(await raw.closed)).toEqual([401]);
  });
});

describe('a client that closes its side after its requests', () => {
  it('gets the answers that had to wait', async () => {
    const raw = RawSocket.open(app, true);
    const names = [unique('m'), unique('m')];
    await whileLocked(async () => {
      raw.send(names.map((name) => patch(name)).join(''));
      raw.socket.end();
      await lockWaits(app, 1);
      await sleep(50);
    });
    expect(statuses(await raw.closed)).toEqual([200, 200]);
    for (const name of names) expect(logged(name)).toHaveLength(1);
  });

  it('waits for no event any more', async () => {
    const bearer = await app.issuer.managementToken();
    for (const [query, accept] of [
      ['?types=User.Deleted&wait=20', 'application/json'],
      ['', 'text/event-stream'],
    ]) {
      const raw = RawSocket.open(app, true).send(
        `GET /api/events${query} HTTP/1.1\r\nHost: x\r\nAccept: ${accept}\r\n` +
          `Authorization: Bearer ${bearer}\r\n\r\n`,
      );
      await sleep(200);
      raw.socket.end();
      expect(statuses(await raw.closed)).toEqual([200]);
    }
  });

  it('has of an event stream what there is', async () => {
    await app.call({ method: 'PATCH', url: '/api/profile', token, body: { name: 'seen' } });
    const bearer = await app.issuer.managementToken();
    const raw = RawSocket.open(app, true);
    raw.socket.end(
      'GET /api/events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n' +
        `Authorization: Bearer ${bearer}\r\n\r\n`,
    );
    expect(await raw.closed).toContain('event: User.Data.Updated');
  });
});

describe('a request that takes too long to arrive', () => {
  const timeout = () => Object.assign(new Error(), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
  const tooLate = async (raw: RawSocket, sent: string) => {
    const accepted = new Promise<object>((done) =>
      app.app.getHttpServer().once('connection', done),
    );
    raw.send(sent);
    const served = await accepted;
    await sleep(50);
    app.app.getHttpServer().emit('clientError', timeout(), served);
  };

  it('is told so when its body is missing', async () => {
    const raw = RawSocket.open(app);
    await tooLate(raw, patch('x').slice(0, -1));
    expect(statuses(await raw.closed)).toEqual([408]);
  });

  it('is not done any more when the rest comes', async () => {
    const [name, sent] = [unique('m'), patch(unique('m'))];
    const raw = RawSocket.open(app, true);
    await tooLate(raw, patch(name).slice(0, 20));
    await raw.has('"status":408');
    raw.send(patch(name).slice(20)).send(sent);
    await sleep(200);
    raw.socket.end();
    expect(statuses(await raw.closed)).toEqual([408]);
    const { json } = await app.call({ method: 'GET', url: '/api/profile', token });
    expect(json.name).toBe('Before');
  });
});
