import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Event } from '../support/events.js';
import { Place, versionOf } from '../support/service.js';

let place: Place;
let token: string;
beforeAll(async () => {
  place = await Place.find();
  await place.start();
  token = place.token(['management']).stdout.trim();
});
afterAll(async () => {
  await place.stopAll();
  place.remove();
});

const send = (method: string, path: string, body?: object) => place.send(token, method, path, body);

/** Version → the name that a 200 said it has. */
type Acknowledged = Map<number, string>;

/** Changes one user again and again; a change without an answer may have happened or not. */
async function write(id: string, acknowledged: Acknowledged, isOver: () => boolean): Promise<void> {
  for (let n = 0; !isOver(); n += 1) {
    const name = `${id} ${n}`;
    try {
      const response = await send('PATCH', `/users/${id}`, { name });
      if (response.status === 200) acknowledged.set(versionOf(response), name);
      else expect(response.status).toBe(503);
      await response.body?.cancel();
    } catch {
      await sleep(100);
    }
  }
}

/** Waits until a change is acknowledged again. */
async function recovered(acknowledged: Acknowledged): Promise<void> {
  const before = acknowledged.size;
  for (let waited = 0; acknowledged.size < before + 5; waited += 50) {
    expect(waited).toBeLessThan(120_000);
    await sleep(50);
  }
}

describe('after kill -9 of PostgreSQL and of the service, under load', () => {
  it('every acknowledged change has its one event, and no event is without its change', async () => {
    const ids = Array.from({ length: 8 }, (_, index) => `writer${index}`);
    for (const id of ids) expect((await send('POST', '/users', { id })).status).toBe(201);
    const all = new Map(ids.map((id) => [id, new Map<number, string>()]));
    let isOver = false;
    const writers = ids.map((id) => write(id, all.get(id) as Acknowledged, () => isOver));
    const [first] = all.values();

    for (let round = 0; round < 2; round += 1) {
      await sleep(500);
      process.kill(place.postgresPid() ?? 0, 'SIGKILL');
      await recovered(first as Acknowledged);
      await sleep(500);
      await place.killAll();
      await place.start();
      await recovered(first as Acknowledged);
    }
    isOver = true;
    await Promise.all(writers);

    for (const id of ids) {
      const user = await send('GET', `/users/${id}`);
      const { name } = (await user.json()) as { name: string };
      const history = (await (
        await send('GET', `/users/${id}/events?limit=1000`)
      ).json()) as Event[];
      const events = new Map(history.map(({ data }) => [data.version, data.changes]));
      // One event for each version that the user ever had.
      const versions = Array.from(
        { length: versionOf(user) },
        (_, index) => versionOf(user) - index,
      );
      expect(history.map(({ data }) => data.version)).toEqual(versions);
      expect(events.get(versionOf(user))?.[0]?.new).toBe(name);
      const acknowledged = all.get(id) as Acknowledged;
      expect(acknowledged.size).toBeGreaterThan(10);
      for (const [number, said] of acknowledged) expect(events.get(number)?.[0]?.new).toBe(said);
    }
  }, 400_000);
});
