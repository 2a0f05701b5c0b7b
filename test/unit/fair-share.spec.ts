import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { FairShare, type Place } from '../../src/limits/fair-share.js';

const OTHERS = 6;

/** The part of the connections in use; the part of its time that the event loop is busy, and milliseconds that it stood still besides. */
let used: number;
let busy: number;
let still: number;
let share: FairShare;
beforeEach(() => {
  jest.useFakeTimers();
  used = 0;
  busy = 0.9;
  still = 0;
  let last = performance.now();
  const total = { active: 0, idle: 0 };
  const utilization = () => {
    const passed = performance.now() - last;
    last += passed;
    total.active += busy * passed + still;
    still = 0;
    total.idle += (1 - busy) * passed;
    return { ...total };
  };
  share = new FairShare(() => used, utilization);
});
afterEach(() => {
  share.stop();
  jest.useRealTimers();
});

const turn = (milliseconds = 0) => jest.advanceTimersByTimeAsync(milliseconds);

/** The places that works have, at once or later, and why they had none. */
function begin(key: string, count: number, weight = 1) {
  const places: Place[] = [];
  const refusals: unknown[] = [];
  for (let n = 0; n < count; n += 1)
    void Promise.resolve(share.take(key, () => weight)).then(
      (place) => places.push(place),
      (refusal: unknown) => refusals.push(refusal),
    );
  return { places, refusals };
}

/** Others are there, each with one work after the other, until they leave. */
async function beOthers(): Promise<() => void> {
  const places = new Map<string, Place>();
  const goOn = async () => {
    for (let n = 0; n < OTHERS; n += 1) {
      const key = `other ${n}`;
      const place = places.get(key);
      if (place) share.give(place, 1);
      places.set(key, await share.take(key, () => 1));
    }
  };
  const timer = setInterval(() => void goOn(), 100);
  await turn(2_000);
  return () => {
    clearInterval(timer);
    for (const place of places.values()) share.give(place, 1);
  };
}

it('who is alone has all of it, however busy the event loop is', async () => {
  await turn(2_000);
  const own = begin('one', 1_000);
  await turn();
  expect(own.places).toHaveLength(1_000);
});

it('who is alone has no more at a time than others who come could wait for', async () => {
  const large = begin('one', 200, 132);
  await turn();
  expect(large.places).toHaveLength(8);
});

it('a work is weighed when it begins', async () => {
  let weight = 512;
  const begun: number[] = [];
  const places: Place[] = [];
  const weigh = () => {
    begun.push(weight);
    return weight;
  };
  for (let n = 0; n < 5; n += 1)
    void Promise.resolve(share.take('one', weigh)).then((place) => places.push(place));
  await turn();
  expect(begun).toEqual([512, 512]);
  weight = 1;
  share.give(places[0] as Place, 1);
  await turn(1);
  expect(begun).toEqual([512, 512, 1, 1, 1]);
});

it('who has had more than its share waits, also while nobody else is at work', async () => {
  const leave = await beOthers();
  const large = begin('one', 1);
  await turn();
  leave();
  share.give(large.places[0] as Place, 1_000);
  const own = begin('one', 1);
  await turn();
  expect(own.places).toHaveLength(0);
  await turn(1_000);
  expect(own.places).toHaveLength(1);
});

it('as long as the event loop has time, nobody waits for others', async () => {
  busy = 0.35;
  await beOthers();
  const own = begin('one', 1_000);
  await turn();
  expect(own.places).toHaveLength(1_000);
  expect(share.waited).toBe(0);
});

it('beside others, as many of a caller go on at a time as are everybody’s on average', async () => {
  await beOthers();
  const own = begin('one', 200);
  await turn();
  expect(own.places).toHaveLength(11);
  expect(share.waited).toBe(189);
  const another = begin('another', 1);
  await turn();
  expect(another.places).toHaveLength(1);
});

it('where PostgreSQL is busy, it is the same, but nobody waits for time of the event loop', async () => {
  busy = 0.1;
  used = 0.09;
  await beOthers();
  const free = begin('free', 200);
  await turn();
  expect(free.places).toHaveLength(200);
  for (const place of free.places) share.give(place, 1);
  used = 0.5;
  await turn(2_000);
  const large = begin('one', 1);
  await turn();
  share.give(large.places[0] as Place, 1_000);
  const own = begin('one', 200);
  await turn();
  expect(own.places).toHaveLength(11);
});

it('a work that costs as much as four has four of these places', async () => {
  await beOthers();
  const own = begin('one', 200, 4);
  await turn();
  expect(own.places).toHaveLength(3);
});

it('when one is done, the next one begins', async () => {
  busy = 0.5;
  await beOthers();
  const own = begin('one', 200);
  await turn();
  const { length } = own.places;
  expect(length).toBeLessThan(50);
  share.give(own.places[0] as Place, 1);
  await turn(1);
  expect(own.places).toHaveLength(length + 1);
});

it('who was answered much waits until the others had as much, and they do not', async () => {
  await beOthers();
  const large = begin('one', 1);
  await turn();
  share.give(large.places[0] as Place, 16);
  const own = begin('one', 1);
  const another = begin('another', 1);
  await turn(200);
  expect(another.places).toHaveLength(1);
  expect(own.places).toHaveLength(0);
  await turn(200);
  expect(own.places).toHaveLength(1);
});

it('whatever it was, a second later it is forgiven', async () => {
  await beOthers();
  const large = begin('one', 1);
  await turn();
  share.give(large.places[0] as Place, 1_000);
  await turn(100);
  const own = begin('one', 1);
  await turn(800);
  expect(own.places).toHaveLength(0);
  await turn(100);
  expect(own.places).toHaveLength(1);
});

it('once there is time again, nobody waits for what was', async () => {
  await beOthers();
  const large = begin('one', 1);
  await turn();
  share.give(large.places[0] as Place, 1_000);
  busy = 0;
  await turn(250);
  const own = begin('one', 1);
  await turn();
  expect(own.places).toHaveLength(1);
});

it('nobody pays for a moment in which the event loop stood still', async () => {
  await beOthers();
  for (const stood of [5_000, 0]) {
    const own = begin('one', 1);
    await turn();
    share.give(own.places[0] as Place, 1);
    still = stood;
    await turn(30);
  }
  begin('one', 1);
  expect(share.waited).toBe(0);
});

it('whose turn does not come in time is told that nothing was done', async () => {
  await beOthers();
  const own = begin('one', 10, 64);
  const done: Place[] = [];
  const timer = setInterval(() => {
    const place = own.places.pop();
    if (!place) return;
    share.give(place, 64);
    done.push(place);
  }, 100);
  await turn(4_900);
  expect(own.refusals).toEqual([]);
  await turn(200);
  clearInterval(timer);
  expect(done).toHaveLength(5);
  expect(own.refusals).toHaveLength(5);
  expect(own.refusals[0]).toMatchObject({
    code: 'service.unavailable',
    message: expect.stringContaining('Nothing was done'),
  });
});

it('what takes long waits for something else, and keeps no place', async () => {
  await beOthers();
  const own = begin('one', 20);
  await turn(1_900);
  expect(own.places).toHaveLength(11);
  await turn(200);
  expect(own.places).toHaveLength(20);
});

it('who has left counts no more', async () => {
  const leave = await beOthers();
  leave();
  await turn(1_000);
  const own = begin('one', 500);
  await turn();
  expect(own.places).toHaveLength(500);
});
