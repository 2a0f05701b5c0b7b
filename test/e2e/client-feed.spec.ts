import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type Event,
  EventsExpiredError,
  NameplateClient,
} from '../../packages/client/src/index.js';
import { verifyWebhook, WebhookVerificationError } from '../../packages/client/src/webhook.js';
import { FaultyProxy } from '../support/faulty-proxy.js';
import { TestReceiver, until } from '../support/receiver.js';
import { TestApp } from '../support/test-app.js';
import { insertUser, unique } from '../support/users.js';

let app: TestApp;
let proxy: FaultyProxy;
let client: NameplateClient;
let id: string;
beforeAll(async () => {
  app = await TestApp.start({ HOOKS_ALLOW_PRIVATE_TARGETS: 'on' });
  await app.app.listen(0, '127.0.0.1');
  proxy = await FaultyProxy.start(await app.app.getUrl());
  client = new NameplateClient({ url: proxy.url, token: await app.issuer.managementToken() });
  id = await insertUser(app);
});
afterAll(async () => {
  await proxy.stop();
  await app.stop();
});

/** Changes the user as often, and answers the names. */
async function change(times: number): Promise<string[]> {
  const names = Array.from({ length: times }, () => unique());
  const token = await app.issuer.managementToken();
  for (const name of names)
    await app.call({ method: 'PATCH', url: `/api/users/${id}`, token, body: { name } });
  return names;
}

const nameIn = (event: Event) =>
  event.type === 'Feed.Reset'
    ? event.type
    : event.data.changes.find(({ pointer }) => pointer === '/name')?.new;

/** Follows the feed into a list. */
function follow(options: Parameters<NameplateClient['events']>[0]) {
  const heard: Event[] = [];
  const ending = new AbortController();
  const following = (async () => {
    for await (const event of client.events({ ...options, signal: ending.signal }))
      heard.push(event);
  })();
  const stop = () => (ending.abort(), following);
  return { heard, stop, following };
}

describe('the events of the client', () => {
  it('are all there, and then come as they happen, until the signal ends them', async () => {
    const after = await client.lastSequence();
    const names = await change(5);
    const { heard, stop } = follow({ after, limit: 2 });
    await until(() => heard.length === 5);
    // It waits for them now.
    await sleep(300);
    names.push(...(await change(3)));
    await until(() => heard.length === 8);
    await stop();
    expect(heard.map(nameIn)).toEqual(names);
    expect(heard.map(({ sequence }) => Number(sequence) - Number(after))).toEqual([
      ...[1, 2, 3, 4, 5, 6, 7, 8],
    ]);
    // What was sent when the signal came has arrived by then.
    await sleep(500);
    proxy.next();
    await change(1);
    await sleep(300);
    expect(proxy.seen).toEqual([]);
  });

  it('miss nothing and repeat nothing while the connection or the service is lost', async () => {
    const after = await client.lastSequence();
    const { heard, stop } = follow({ after, limit: 2, wait: 1 });
    const names = await change(3);
    await until(() => heard.length === 3);
    proxy.next(
      'answer lost',
      'answer cut',
      'refused',
      ...Array<{ status: 503 }>(3).fill({ status: 503 }),
    );
    names.push(...(await change(4)));
    await until(() => heard.length === 7);
    await stop();
    expect(heard.map(nameIn)).toEqual(names);
    // More than any other call would try.
    expect(proxy.faults).toEqual([]);
  });

  it('go on behind the place that a page says', async () => {
    const after = await client.lastSequence();
    const names = await change(4);
    const heard: Event[] = [];
    let place = after;
    for await (const { events, next } of client.eventPages({ after, limit: 3 })) {
      heard.push(...events);
      place = next;
      break;
    }
    for await (const { events } of client.eventPages({ after: place, wait: 0 }))
      heard.push(...events);
    expect(heard.map(nameIn)).toEqual(names);
  });

  it('move on behind types that nobody asked for', async () => {
    const after = await client.lastSequence();
    await change(3);
    const places: string[] = [];
    const options = { after, wait: 0, types: ['User.Deleted' as const] };
    for await (const { events, next } of client.eventPages(options)) {
      expect(events).toEqual([]);
      places.push(next);
    }
    expect(places.at(-1)).toBe(await client.lastSequence());
  });

  it('tell that events are lost, and that a place is', async () => {
    const after = await client.lastSequence();
    await app.database.client.query(`UPDATE user_event_sequences SET epoch = ''`);
    await change(1);
    const { value: reset } = await client.events({ after, wait: 0 }).next();
    expect(reset).toMatchObject({ type: 'Feed.Reset', data: { after } });
    const lost = follow({ after: Number(after) + 1 });
    await expect(lost.following).rejects.toThrow(EventsExpiredError);
    await expect(lost.following).rejects.toMatchObject({ code: 'event.expired' });
  });

  it('come as a stream, too, for who reads server-sent events', async () => {
    const after = Number(await client.lastSequence());
    await change(1);
    const headers = { accept: 'text/event-stream' };
    const ending = new AbortController();
    // Not by way of the proxy, which passes whole answers on.
    const direct = new NameplateClient({
      url: await app.app.getUrl(),
      token: await app.issuer.managementToken(),
    });
    const { data } = await direct.api.GET('/api/events', {
      params: { query: { after } },
      headers,
      parseAs: 'stream',
      signal: ending.signal,
    });
    let text = '';
    for await (const chunk of data as AsyncIterable<Uint8Array>) {
      text += Buffer.from(chunk).toString();
      if (text.includes('event: User.Data.Updated')) break;
    }
    ending.abort();
    expect(text).toContain(`id: ${after + 1}`);
  });

  it('end by an error that no waiting mends', async () => {
    const other = new NameplateClient({ url: proxy.url, token: 'none' });
    await expect(other.events().next()).rejects.toMatchObject({ status: 401 });
  });
});

describe('verifyWebhook', () => {
  it('takes what the service sends, and nothing else', async () => {
    const receiver = await TestReceiver.start();
    const made = await client.api.POST('/api/hooks', { body: { url: receiver.url } });
    const { id: hookId = '', secret = '' } = made.data ?? {};
    await client.api.POST('/api/hooks/{hookId}/test', { params: { path: { hookId } } });
    const [{ headers, body, event }] = (await receiver.takes(1)) as [TestReceiver['taken'][0]];
    expect(verifyWebhook(secret, headers, body)).toEqual(event);
    const asRequest = new Headers(headers as Record<string, string>);
    expect(verifyWebhook(secret, asRequest, Buffer.from(body))).toEqual(event);
    for (const [sent, text] of [
      [headers, `${body} `],
      [{ ...headers, 'webhook-timestamp': '1' }, body],
      [{}, body],
    ] as const)
      expect(() => verifyWebhook(secret, sent, text)).toThrow(WebhookVerificationError);
    await receiver.stop();
  });
});
