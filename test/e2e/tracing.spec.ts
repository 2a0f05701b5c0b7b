import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { freePort } from '../../src/database/loopback-port.js';
import { TestCollector } from '../support/collector.js';
import { type Event, events } from '../support/events.js';
import { TestReceiver, until } from '../support/receiver.js';
import { TestApp } from '../support/test-app.js';
import { insertUser, unique } from '../support/users.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = `00-${TRACE}-b7ad6b7169203331-01`;
const PATCH = 'PATCH /api/users/:userId';
const UPDATE = 'UPDATE users INSERT user_events';

let collector: TestCollector;
beforeEach(async () => {
  collector = await TestCollector.start();
});
afterEach(() => collector.stop());

const start = (settings: Record<string, string> = {}) =>
  TestApp.start({ OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/`, ...settings });

/** What one service has sent by its end. */
async function traced(
  settings: Record<string, string>,
  work: (app: TestApp, token: string) => Promise<unknown>,
): Promise<TestApp> {
  const app = await start(settings);
  await work(app, await app.issuer.managementToken());
  await app.stop();
  return app;
}

const patch = async (app: TestApp, token: string, traceparent?: string) => {
  const id = await insertUser(app);
  return change(app, token, id, traceparent);
};
const change = (app: TestApp, token: string, id: string, traceparent?: string) =>
  app.call({
    ...{ method: 'PATCH', url: `/api/users/${id}?dryRun=false`, token },
    headers: traceparent === undefined ? {} : { traceparent },
    body: { name: unique() },
  });

describe('a request', () => {
  it('is a span of its caller, with its statement below, and tells no value', async () => {
    const settings = { OTEL_EXPORTER_OTLP_HEADERS: 'x-key=a%20b', OTEL_SERVICE_NAME: 'users' };
    let id = '';
    let name = '';
    const app = await traced(settings, async (running, token) => {
      const { json, headers } = await patch(running, token, CALLER);
      ({ id, name } = json);
      expect(headers['x-request-id']).toBeDefined();
    });
    const [request] = collector.named(PATCH);
    expect(request).toMatchObject({
      ...{ traceId: TRACE, parentSpanId: 'b7ad6b7169203331', kind: 2 },
      attributes: {
        'http.request.method': 'PATCH',
        'http.route': '/api/users/:userId',
        'http.response.status_code': 200,
        'url.path': `/api/users/${id}`,
        'url.scheme': 'http',
      },
    });
    expect(collector.named(UPDATE)).toEqual([
      expect.objectContaining({
        ...{ traceId: TRACE, parentSpanId: request?.spanId, kind: 3, links: [] },
        attributes: { 'db.system.name': 'postgresql', 'db.query.summary': UPDATE },
      }),
    ]);
    expect(JSON.stringify(collector.spans)).not.toContain(name);
    expect(JSON.stringify(collector.spans)).not.toContain('dryRun');
    expect(collector.resource).toEqual({ 'service.name': 'users' });
    expect(collector.requests[0]).toMatchObject({
      path: '/v1/traces',
      headers: { 'x-key': 'a b' },
    });
    expect(app.log.find((line) => line.includes('"method":"PATCH"'))).toContain(TRACE);
  });

  it.each([
    '',
    'nonsense',
    `ff-${TRACE}-b7ad6b7169203331-01`,
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-b7ad6b7169203331-01`,
    `${CALLER}-more`,
  ])('begins a trace of its own where the caller says %j', async (traceparent) => {
    await traced({}, async (app, token) => {
      expect((await patch(app, token, traceparent)).status).toBe(200);
    });
    const [request] = collector.named(PATCH);
    expect(request).toMatchObject({ traceId: expect.stringMatching(/^[\da-f]{32}$/) });
    expect(request?.traceId).not.toBe(TRACE);
    expect(request?.parentSpanId).toBeUndefined();
  });

  it('of a transaction has each of its statements', async () => {
    await traced({}, async (app, token) => {
      const id = await insertUser(app);
      const url = `/api/users/${id}?dryRun=true`;
      await app.call({ method: 'PATCH', url, token, body: { name: 'a' } });
    });
    const [request] = collector.named(PATCH);
    const below = collector.spans.filter(({ parentSpanId }) => parentSpanId === request?.spanId);
    expect(below.map(({ name }) => name)).toEqual([
      'BEGIN',
      UPDATE,
      'SELECT user_events',
      'ROLLBACK',
    ]);
  });

  it('without a route tells no path, and a probe is none', async () => {
    await traced({}, async (app) => {
      await app.call({ method: 'GET', url: '/some/secret' });
      await app.call({ method: 'GET', url: '/health/live' });
    });
    expect(collector.spans.map(({ name }) => name)).toEqual(['GET']);
    expect(collector.spans[0]?.attributes).toMatchObject({ 'http.response.status_code': 404 });
    expect(JSON.stringify(collector.spans)).not.toContain('secret');
  });
});

describe('a statement that requests share', () => {
  it('is below the first, with links to the others', async () => {
    await traced({}, async (app, token) => {
      const ids = await Promise.all([1, 2, 3].map(() => insertUser(app)));
      await Promise.all(ids.map((id) => change(app, token, id)));
    });
    const requests = collector.named(PATCH);
    const shared = collector.named(UPDATE);
    const known = shared.flatMap(({ parentSpanId, links }) => [
      parentSpanId,
      ...links.map(({ spanId }) => spanId),
    ]);
    expect(known.sort()).toEqual(requests.map(({ spanId }) => spanId).sort());
    const largest = Math.max(...shared.map(({ links }) => links.length));
    expect(largest).toBeGreaterThan(0);
    for (const { links, attributes } of shared)
      expect(attributes['db.operation.batch.size']).toBe(
        links.length > 0 ? links.length + 1 : undefined,
      );
  });
});

describe('sampling', () => {
  it.each([
    ['parentbased_always_on', '1', true, false],
    ['parentbased_always_off', '1', false, false],
    ['always_on', '1', true, true],
    ['always_off', '1', false, false],
    ['traceidratio', '0', false, false],
    ['parentbased_traceidratio', '1', true, false],
  ])('by %s of %s', async (sampler, ratio, ofNobody, ofUnsampled) => {
    const settings = { OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: ratio };
    await traced(settings, async (app, token) => {
      await patch(app, token);
      await patch(app, token, CALLER.replace(/01$/, '00'));
    });
    const kept = collector.named(PATCH);
    expect(kept.some(({ traceId }) => traceId !== TRACE)).toBe(ofNobody);
    expect(kept.some(({ traceId }) => traceId === TRACE)).toBe(ofUnsampled);
    expect(collector.named(UPDATE)).toHaveLength(kept.length);
  });
});

describe('an event', () => {
  it('has the traceparent of the request that made it, whatever it did', async () => {
    let feed: Event[] = [];
    let history: Event[] = [];
    await traced({ OTEL_TRACES_SAMPLER: 'parentbased_always_off' }, async (app, token) => {
      const headers = { traceparent: CALLER };
      const url = '/api/users';
      const call = (method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: object) =>
        app.call({ method, url: `${url}${path}`, token, headers, ...(body && { body }) });
      const { id } = (await call('POST', '', {})).json;
      await call('PATCH', `/${id}`, { name: 'a' });
      await call('PUT', `/${id}/identities/example`, { userId: 'u' });
      await call('DELETE', `/${id}`);
      await app.call({ method: 'POST', url, token, body: {} });
      feed = events(await app.call({ method: 'GET', url: '/api/events', token }));
      history = events(await app.call({ method: 'GET', url: `${url}/${id}/events`, token }));
    });
    const requests = ['POST /api/users', PATCH, 'PUT /api/users/:userId/identities/:target'];
    const spans = [...requests, 'DELETE /api/users/:userId'].flatMap((name) =>
      collector.named(name),
    );
    const told = spans.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`);
    expect(spans.map(({ traceId }) => traceId)).toEqual([TRACE, TRACE, TRACE, TRACE]);
    expect(feed.slice(0, 4).map(({ traceparent }) => traceparent)).toEqual(told);
    // What is not sampled has one, too.
    expect(feed[4]?.traceparent).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-00$/);
    expect(history.map(({ traceparent }) => traceparent)).toEqual(told.reverse());
  });
});

describe('a delivery', () => {
  it('is a span, which the receiver is told, with a link to the request that made the event', async () => {
    const receiver = await TestReceiver.start();
    const settings = { BACKGROUND_WORK: 'on', HOOKS_ALLOW_PRIVATE_TARGETS: 'on' };
    await traced(settings, async (app, token) => {
      const body = { url: `${receiver.url}?key=secret` };
      await app.call({ method: 'POST', url: '/api/hooks', token, body });
      await app.call({ method: 'POST', url: '/api/users', token, body: {} });
      await receiver.takes(1);
    });
    const [received] = receiver.received;
    const { port } = receiver;
    await receiver.stop();
    const [delivery] = collector.named('deliver User.Created');
    expect(delivery).toMatchObject({
      kind: 3,
      attributes: {
        'http.response.status_code': 204,
        'server.address': '127.0.0.1',
        'server.port': port,
        'cloudevents.event_id': received?.event.id,
      },
    });
    expect(received?.headers['traceparent']).toBe(`00-${delivery?.traceId}-${delivery?.spanId}-01`);
    const [request] = collector.named('POST /api/users');
    expect(received?.event.traceparent).toBe(`00-${request?.traceId}-${request?.spanId}-01`);
    expect(delivery?.links).toEqual([
      expect.objectContaining({ traceId: request?.traceId, spanId: request?.spanId }),
    ]);
    expect(delivery?.traceId).not.toBe(request?.traceId);
    expect(JSON.stringify(collector.spans)).not.toContain('secret');
  });
});

describe('a collector that is away', () => {
  it('costs no answer, one line of the log, and no stop', async () => {
    const nobody = `http://127.0.0.1:${await freePort()}`;
    const app = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: nobody });
    const token = await app.issuer.managementToken();
    for (let n = 0; n < 3; n += 1) expect((await patch(app, token)).status).toBe(200);
    const since = performance.now();
    await app.stop();
    expect(performance.now() - since).toBeLessThan(10_000);
  });

  it('is told once, and once when it is back', async () => {
    collector.answer = 400;
    const app = await start();
    const token = await app.issuer.managementToken();
    const lines = (text: string) => app.log.filter((line) => line.includes(text)).length;
    const some = async () => {
      const id = await insertUser(app);
      const before = collector.requests.length;
      // As many as are sent at once.
      while (collector.requests.length === before)
        await Promise.all(
          Array.from({ length: 128 }, () =>
            app.call({ method: 'GET', url: `/api/users/${id}`, token }),
          ),
        );
      await sleep(50);
    };
    await some();
    await some();
    expect([lines('takes no traces'), lines('takes traces again')]).toEqual([1, 0]);
    collector.answer = 200;
    await until(async () => {
      await some();
      return collector.spans.length > 0;
    });
    expect([lines('takes no traces'), lines('takes traces again')]).toEqual([1, 1]);
    await app.stop();
  });
});
