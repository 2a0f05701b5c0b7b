import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '../../src/database/loopback-port.js';
import { METRICS } from '../../src/metrics/metric-list.js';
import { ListenError } from '../../src/config/listen-error.js';
import { EventSequencer } from '../../src/events/record/event-sequencer.js';
import { OutstandingDeliveries } from '../../src/deliveries/outstanding-deliveries.js';
import { documentedMetrics, metricOf, type Sample, samplesOf } from '../support/metrics.js';
import { TestApp } from '../support/test-app.js';
import { insertUser } from '../support/users.js';

const TOKEN = 'a-token-of-many-letters';

/** What labels may say, whatever callers send; a label that is not here is checked to have few values. */
const VALUES: Record<string, RegExp> = {
  http_request_method: /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|_OTHER)$/,
  http_response_status_class: /^[2-5]xx$/,
  http_route: /^(unknown|\*|\/(api|health|docs|openapi\.json|metrics)[\w/:*.-]*)$/,
  reason: /^(event_loop|waiting)$/,
  limit:
    /^((tenant-)?(read|write|search|password|stream)|public|failed-tokens|(caller-)?failed-passwords)$/,
  result: /^(hit|miss|delivered|failed|unsent)$/,
  db_client_connection_pool_name: /^(requests|background)$/,
  db_client_connection_state: /^(idle|used)$/,
  kind: /^(read|create|update|delete)$/,
  state: /^(pending|dead)$/,
  le: /^(\d+(\.\d+)?|\+Inf)$/,
  space: /^[a-z_]+$/,
  type: /^[A-Za-z]+$/,
  version: /^v\d+/,
};

let app: TestApp;
let token: string;
beforeAll(async () => {
  app = await TestApp.start({ LIMITS_WRITE: '5/1h' });
  token = await app.issuer.managementToken();
});
afterAll(() => app.stop());

const scrape = async (from = app): Promise<Sample[]> => {
  const { status, headers, text } = await from.call({ method: 'GET', url: '/metrics' });
  expect(status).toBe(200);
  expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  return samplesOf(text);
};

const valueOf = (samples: Sample[], name: string, labels: Record<string, string> = {}) =>
  samples.find(
    (sample) =>
      sample.name === name &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  )?.value;

describe('metrics', () => {
  it('count requests by route template, method and class of the status', async () => {
    const id = await insertUser(app);
    await app.call({ method: 'GET', url: `/api/users/${id}`, token });
    await app.call({ method: 'GET', url: `/api/users/${id}`, token });
    await app.call({ method: 'GET', url: '/api/users/nobody', token });
    await app.call({ method: 'GET', url: '/some/path/of/a/stranger', token });
    await app.call({ method: 'GET', url: '/another%2fone', token });
    await app.call({ method: 'TRACE', url: '/third', token });
    await app.call({ method: 'PATCH', url: `/api/users/${id}`, token, body: { name: 'a' } });
    const samples = await scrape();
    const count = (route: string, method: string, status: string) =>
      valueOf(samples, 'http_server_request_duration_seconds_count', {
        http_route: route,
        http_request_method: method,
        http_response_status_class: status,
      });
    expect(count('/api/users/:userId', 'GET', '2xx')).toBe(2);
    expect(count('/api/users/:userId', 'GET', '4xx')).toBe(1);
    expect(count('/api/users/:userId', 'PATCH', '2xx')).toBe(1);
    expect(count('unknown', 'GET', '4xx')).toBe(2);
    expect(count('unknown', '_OTHER', '4xx')).toBe(1);
    expect(valueOf(samples, 'nameplate_statement_batches_total', { kind: 'update' })).toBe(1);
    expect(
      valueOf(samples, 'nameplate_statement_batch_requests_total', { kind: 'read' }),
    ).toBeGreaterThanOrEqual(3);
  });

  it('count tokens that were known, and limits that were met', async () => {
    const before = await scrape();
    const known = { result: 'hit' };
    await app.call({ method: 'GET', url: '/api/users/nobody', token });
    for (let n = 0; n < 6; n += 1)
      await app.call({ method: 'PATCH', url: '/api/users/nobody', token, body: {} });
    const after = await scrape();
    const lookups = 'nameplate_token_cache_lookups_total';
    const hits = Number(valueOf(after, lookups, known)) - Number(valueOf(before, lookups, known));
    expect(hits).toBe(7);
    expect(valueOf(after, 'nameplate_limits_met_total', { limit: 'write' })).toBeGreaterThan(0);
    expect(valueOf(after, 'nameplate_limits_met_total', { limit: 'read' })).toBe(0);
  });

  it('tell the connections to the database', async () => {
    const samples = await scrape();
    const requests = { db_client_connection_pool_name: 'requests' };
    const inState = (state: string) =>
      Number(
        valueOf(samples, 'db_client_connection_count', {
          ...requests,
          db_client_connection_state: state,
        }),
      );
    expect(inState('idle') + inState('used')).toBeGreaterThan(0);
    expect(valueOf(samples, 'db_client_connection_max', requests)).toBe(20);
    expect(valueOf(samples, 'db_client_connection_pending_requests', requests)).toBe(0);
  });

  it('tell how far the feed is behind, as the background found it', async () => {
    const names = ['unnumbered_events', 'lag_seconds', 'look_timestamp_seconds'];
    const tell = async () => {
      const samples = await scrape();
      return names.map((name) => valueOf(samples, `nameplate_feed_${name}`));
    };
    expect(await tell()).toEqual([undefined, undefined, undefined]);
    const sequencer = app.app.get(EventSequencer);
    await sequencer.advanceAll();
    const other = await app.issuer.managementToken({ client_id: 'other' });
    await app.call({ method: 'POST', url: '/api/users', token: other, body: {} });
    await app.database.client.query(
      `UPDATE user_events SET occurred_at = occurred_at - interval '30 s' WHERE sequence IS NULL`,
    );
    await sequencer.advanceAll();
    const [events, lag, at] = await tell();
    expect(events).toBe(1);
    expect(lag).toBeGreaterThanOrEqual(30);
    expect(lag).toBeLessThan(60);
    expect(Math.abs(Number(at) - Date.now() / 1_000)).toBeLessThan(10);
    await sequencer.advanceAll();
    expect((await tell()).slice(0, 2)).toEqual([0, 0]);
  });

  it('tell what waits for its delivery, and dead letters, of all hooks', async () => {
    const { client } = app.database;
    const insert = (hook: string, enabled: boolean) =>
      client.query(
        `INSERT INTO hooks (tenant_id, id, url, enabled, types, exclude_client_ids, secrets, headers, last_sequence)
         VALUES ('default', $1, 'https://a.example', $2, '[]', '[]', '', '', 0)`,
        [hook, enabled],
      );
    await insert('hook00000001', true);
    await insert('hook00000002', false);
    await client.query(
      `INSERT INTO hook_deliveries
         (tenant_id, hook_id, sequence, event_id, type, user_id, state, run, attempts, created_at)
       SELECT 'default', hook, n, gen_random_uuid(), 'User.Created', 'u',
         CASE WHEN n <= 2 THEN 'dead' WHEN n <= 5 THEN 'pending' ELSE 'delivered' END, 1, 1,
         now() - n * interval '100 s'
       FROM unnest(ARRAY['hook00000001', 'hook00000002']) hook, generate_series(1, 9) n`,
    );
    await app.app.get(OutstandingDeliveries).look();
    const samples = await scrape();
    expect(valueOf(samples, 'nameplate_deliveries', { state: 'pending' })).toBe(3);
    expect(valueOf(samples, 'nameplate_deliveries', { state: 'dead' })).toBe(4);
    const age = valueOf(samples, 'nameplate_delivery_oldest_pending_seconds');
    expect(age).toBeGreaterThanOrEqual(300);
    expect(age).toBeLessThan(310);
  });

  it('are these, with these labels, and none that callers or tenants choose', async () => {
    const { text } = await app.call({ method: 'GET', url: '/metrics' });
    const samples = samplesOf(text);
    const own = Object.entries(METRICS).map(([name, { labels }]) => [name, labels]);
    const documented = documentedMetrics();
    expect(documented).toEqual(expect.objectContaining(Object.fromEntries(own)));
    const served = [...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name).sort();
    expect(served).toEqual(Object.keys(documented).sort());
    for (const { name, labels } of samples) {
      const of = [...(documented[metricOf(name)] ?? []), 'le'];
      for (const [label, value] of Object.entries(labels)) {
        expect(of).toContain(label);
        const rule = VALUES[label] ?? /^\d+$/;
        expect({ name, label, value }).toEqual({ name, label, value: expect.stringMatching(rule) });
      }
    }
  });

  it('are a route of no other method', async () => {
    const { status, headers } = await app.call({ method: 'POST', url: '/metrics' });
    expect([status, headers['allow']]).toEqual([405, 'GET, HEAD']);
  });
});

describe('the way to metrics', () => {
  const production = (more: Record<string, string>) =>
    TestApp.start({ NODE_ENV: 'production', ...more }, [], app);
  const get = (from: TestApp, authorization?: string) =>
    from.call({
      method: 'GET',
      url: '/metrics',
      headers: authorization === undefined ? {} : { authorization },
    });

  it('is closed in production where nothing is set', async () => {
    const closed = await production({});
    expect((await get(closed)).json).toMatchObject({ code: 'request.route_not_found' });
    await closed.stop();
  });

  it('is behind the token on the port of the service', async () => {
    const guarded = await production({ METRICS_TOKEN: TOKEN });
    for (const wrong of [undefined, `Bearer ${TOKEN}x`, TOKEN, 'Bearer', `Basic ${TOKEN}`]) {
      const { status, headers, json } = await get(guarded, wrong);
      expect([status, json.code]).toEqual([401, 'auth.unauthorized']);
      expect(headers['www-authenticate']).toMatch(/^Bearer/);
    }
    const management = await get(guarded, `Bearer ${token}`);
    expect(management.status).toBe(401);
    const { status, text } = await get(guarded, `bearer ${TOKEN}`);
    expect(status).toBe(200);
    expect(text).toContain('nodejs_eventloop_lag_seconds');
    await guarded.stop();
  });

  it('is a port of its own, behind a token or not, and then not on that of the service', async () => {
    const port = await freePort();
    const at = `http://127.0.0.1:${port}`;
    for (const METRICS_TOKEN of ['', TOKEN]) {
      const apart = await production({
        ...{ HOST: '127.0.0.1', METRICS_PORT: String(port), METRICS_TOKEN },
      });
      expect((await get(apart)).status).toBe(404);
      const headers = { authorization: `Bearer ${TOKEN}` };
      const answer = await fetch(`${at}/metrics`, { headers });
      expect(answer.status).toBe(200);
      expect(await answer.text()).toContain('http_server_active_requests 0');
      expect((await fetch(`${at}/metrics`)).status).toBe(METRICS_TOKEN ? 401 : 200);
      expect((await fetch(`${at}/api/users`)).status).toBe(404);
      expect((await fetch(`${at}/metrics`, { method: 'POST' })).status).toBe(405);
      await apart.stop();
      await expect(fetch(`${at}/metrics`)).rejects.toThrow();
    }
  });

  it('stops the start with its name when the port is taken', async () => {
    await app.app.listen(0, '127.0.0.1');
    const { port } = app.app.getHttpServer().address() as AddressInfo;
    const start = production({ HOST: '127.0.0.1', METRICS_PORT: String(port) });
    await expect(start).rejects.toBeInstanceOf(ListenError);
    await expect(start).rejects.toMatchObject({ port: 'METRICS_PORT' });
    await sleep(0);
  });
});
