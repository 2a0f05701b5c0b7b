import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { Lane } from '../../src/database/lane.js';

it('leaves its place empty after a work for so many times as long as that took', async () => {
  const lane = new Lane({ atATime: 1, most: 10, patience: 5_000, rest: 3 });
  const times: number[] = [];
  const work = async () => {
    times.push(performance.now());
    await sleep(50);
    times.push(performance.now());
  };
  await Promise.all([lane.run('', work), lane.run('', work)]);
  const [, ended = 0, begun = 0] = times;
  expect(begun - ended).toBeGreaterThan(140);
});

it('needs no rest after a work that was quick', async () => {
  const lane = new Lane({ atATime: 1, most: 10, patience: 500, rest: 1_000, quick: 200 });
  const work = () => sleep(20, 'done');
  await expect(Promise.all([lane.run('', work), lane.run('', work)])).resolves.toHaveLength(2);
});

it('answers a work before its rest', async () => {
  const lane = new Lane({ atATime: 1, most: 10, patience: 5_000, rest: 1_000 });
  await expect(lane.run('', () => sleep(5, 'done'))).resolves.toBe('done');
});
