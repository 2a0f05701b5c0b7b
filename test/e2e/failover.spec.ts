import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { events } from '../support/events.js';
import { TestReceiver } from '../support/receiver.js';
import { SecondServer } from '../support/second-server.js';
import { TestApp } from '../support/test-app.js';
import { unique } from '../support/users.js';

/** Places that are left out when events may be lost. */
const LEFT_OUT = 1_000_000_000;

let base: TestApp;
let server: SecondServer;
let app: TestApp;
let token: string;
let id: string;
beforeAll(async () => {
  base = await TestApp.start();
  token = await base.issuer.managementToken();
  server = await SecondServer.start(base.database);
  const settings = { BACKGROUND_WORK: 'on', HOOKS_ALLOW_PRIVATE_TARGETS: 'on' };
  app = await TestApp.start({ DATABASE_URL: server.url, ...settings }, [], base);
  id = (await call('POST', '/api/users', { name: 'first' })).json.id as string;
});
afterAll(async () => {
  await app.stop();
  await base.stop();
  await server.remove();
});

const call = (method: string, url: string, body?: object) => app.call({ method, url, token, body });
const feed = (query: string) => call('GET', `/api/events?${query}`);
const last = async () => Number((await feed('limit=1')).headers['last-sequence']);
const change = async () => (await call('PATCH', `/api/users/${id}`, { name: unique() })).status;
const following = async (place: number, query = '') =>
  events(await feed(`after=${place}${query}`)).map(({ sequence, type, data }) => ({
    place: Number(sequence) - place,
    type,
    ...(type.startsWith('User.') ? {} : { data }),
  }));

const reset = (place: number) => ({
  place: LEFT_OUT,
  type: 'Feed.Reset',
  data: { after: String(place) },
});
const updated = (place: number) => ({ place, type: 'User.Data.Updated' });

/** As if the last numbers had been given in another history of the database. */
const pretend = (epoch: string, isSynchronous: boolean) =>
  server.run(`UPDATE user_event_sequences SET epoch = ${epoch}, is_synchronous = ${isSynchronous}`);
const OTHER_TIMELINE = `split_part(epoch, '/', 1) || '/000000AA'`;

describe('a standby that was promoted', () => {
  it('is 503 until then, and goes on without giving a place in the feed twice', async () => {
    expect(await change()).toBe(200);
    const place = await last();
    await server.becomeStandby();
    expect(await change()).toBe(503);
    // A standby would answer, with what is old.
    expect((await call('GET', `/api/users/${id}`)).status).toBe(503);
    await server.promote();
    expect(await change()).toBe(200);
    expect(await following(place)).toEqual([reset(place), updated(LEFT_OUT + 1)]);
    // Places that may have been seen, of events that are not there.
    for (const lost of [place + 1, place + LEFT_OUT - 1]) {
      const answer = await feed(`after=${lost}`);
      expect([answer.status, answer.json.code]).toEqual([410, 'event.expired']);
      expect(answer.json.detail).toContain(`behind ${place} were lost`);
    }
    expect(await following(place + LEFT_OUT)).toEqual([updated(1)]);
  });
});

describe('a feed that goes on in another history of the database', () => {
  it('has no gap when each number was with a standby before anybody saw it', async () => {
    const place = await last();
    await pretend(OTHER_TIMELINE, true);
    expect(await change()).toBe(200);
    expect(await following(place)).toEqual([updated(1)]);
    expect((await feed(`after=${place + 2}`)).status).toBe(400);
  });

  it.each([
    ['of another cluster', `'7/00000001'`, true],
    ['of which nobody knows', `''`, true],
    ['without a synchronous standby', OTHER_TIMELINE, false],
  ])('is reset if that was one %s', async (_, epoch, isSynchronous) => {
    const place = await last();
    await pretend(epoch, isSynchronous);
    expect(await following(place)).toEqual([reset(place)]);
    expect(await following(place + LEFT_OUT)).toEqual([]);
  });

  it('is not reset by the first numbers there are, or where no history can be told', async () => {
    const place = await last();
    await pretend('NULL', false);
    expect(await change()).toBe(200);
    expect(await following(place)).toEqual([updated(1)]);
  });

  it('is reset when an instance has seen places that are not there', async () => {
    for (let n = 0; n < 3; n += 1) await change();
    const place = (await last()) - 2;
    await server.run(`
      DELETE FROM user_events WHERE sequence > ${place};
      UPDATE user_event_sequences SET last = ${place}, is_synchronous = true`);
    expect(await following(place)).toEqual([reset(place)]);
    expect((await feed(`after=${place + 2}`)).status).toBe(410);
  });

  it('tells so whatever types a reader or a hook wants, in a place of its own', async () => {
    const receiver = await TestReceiver.start();
    const settings = { url: receiver.url, types: ['User.Deleted'] };
    const hookId = (await call('POST', '/api/hooks', settings)).json.id as string;
    const place = await last();
    await pretend(OTHER_TIMELINE, false);
    await change();
    expect(await following(place, '&types=User.Deleted')).toEqual([reset(place)]);
    await receiver.takes(1);
    expect(receiver.taken[0]?.event).toEqual({
      specversion: '1.0',
      id: expect.any(String),
      source: 'urn:nameplate:default',
      type: 'Feed.Reset',
      time: expect.any(String),
      datacontenttype: 'application/json',
      sequence: String(place + LEFT_OUT),
      data: { after: String(place) },
    });
    const again = await call('POST', `/api/hooks/${hookId}/replay`, { after: 0 });
    expect([again.status, again.json.replayed]).toEqual([202, expect.any(Number)]);
    await receiver.takes(2);
    await call('DELETE', `/api/hooks/${hookId}`);
    await receiver.stop();
  });
});
