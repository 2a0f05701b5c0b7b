import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { Turns } from '../../src/database/turns.js';

const PATIENCE_MS = 60_000;

/** Takes for each of these lanes, in this order; `begun` are those whose turn has come. */
function ask(turns: Turns, lanes: string[]) {
  const begun: string[] = [];
  const asked = lanes.map(async (lane) => {
    await turns.take(lane);
    begun.push(lane);
  });
  return { begun, asked };
}

describe('turns', () => {
  it('are given at once, as many as there are', async () => {
    const turns = new Turns(2, PATIENCE_MS);
    const { begun, asked } = ask(turns, ['a', 'a', 'a']);
    await sleep(0);
    expect(begun).toEqual(['a', 'a']);
    turns.give();
    await Promise.all(asked);
  });

  it('go round the lanes, however many of one wait, and in each are in their order', async () => {
    const turns = new Turns(1, PATIENCE_MS);
    const lanes = ['a', 'a', 'a', 'a', 'b', 'c', 'b'];
    const { begun } = ask(turns, lanes);
    for (let n = 1; n < lanes.length; n += 1) {
      await sleep(0);
      turns.give();
    }
    await sleep(0);
    expect(begun).toEqual(['a', 'a', 'b', 'c', 'a', 'b', 'a']);
  });

  it('that nobody wants are kept for whoever comes', async () => {
    const turns = new Turns(1, PATIENCE_MS);
    for (let n = 0; n < 3; n += 1) {
      expect(turns.take('a')).toBeUndefined();
      turns.give();
    }
    const { begun, asked } = ask(turns, ['a', 'b']);
    await sleep(0);
    expect(begun).toEqual(['a']);
    turns.give();
    await Promise.all(asked);
  });

  it('are waited for so long and no longer, and who has left is passed over', async () => {
    const turns = new Turns(1, 20);
    await turns.take('a');
    const refused = [turns.take('b'), turns.take('b')];
    for (const one of refused) await expect(one).rejects.toThrow('timeout exceeded');
    const later = turns.take('c');
    turns.give();
    await later;
    turns.give();
    expect(turns.take('d')).toBeUndefined();
  });

  it('are waited for by so many of a lane and no more, whatever the others do', async () => {
    const turns = new Turns(1, PATIENCE_MS, { most: 1, refusal: () => new Error('too many') });
    await turns.take('a');
    const waiting = turns.take('a');
    const since = performance.now();
    await expect(turns.take('a')).rejects.toThrow('too many');
    // Who asked again at once would take more than who is served.
    expect(performance.now() - since).toBeGreaterThan(990);
    const other = turns.take('b');
    turns.give();
    await waiting;
    turns.give();
    await other;
    expect(turns.areFree).toBe(false);
    turns.give();
    expect(turns.areFree).toBe(true);
  });
});
