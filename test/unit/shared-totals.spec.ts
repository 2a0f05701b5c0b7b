import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, jest } from '@jest/globals';
import { acrossTenants } from '../../src/database/statement.js';
import { SharedTotals } from '../../src/users/search/shared-totals.js';

const question = acrossTenants('SELECT 1', ['x']);
const total = (count: number) => ({ count, isEstimate: false });

describe('SharedTotals', () => {
  it('answers the same question while it is counted, and afterwards', async () => {
    const totals = new SharedTotals();
    expect(totals.find(question)).toBeUndefined();
    const counting = Promise.withResolvers<ReturnType<typeof total>>();
    void totals.share(question, counting.promise);
    const found = totals.find(question);
    expect(totals.find(acrossTenants('SELECT 1', ['y']))).toBeUndefined();
    counting.resolve(total(1_001));
    expect(await found).toEqual(total(1_001));
    expect(await totals.find(question)).toEqual(total(1_001));
  });

  it('answers nothing where there is little, so that each counts for itself', async () => {
    const totals = new SharedTotals();
    const counting = totals.share(question, Promise.resolve(total(1_000)));
    expect(await totals.find(question)).toBeUndefined();
    await counting;
    expect(totals.find(question)).toBeUndefined();
  });

  it('answers nothing two seconds after the count began', async () => {
    let now = 1_000;
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => now);
    const totals = new SharedTotals();
    await totals.share(question, Promise.resolve(total(1_001)));
    now += 2_000;
    await sleep(5);
    expect(await totals.find(question)).toEqual(total(1_001));
    now += 1;
    await sleep(5);
    expect(totals.find(question)).toBeUndefined();
    clock.mockRestore();
  });

  it('keeps a count that was begun after one that comes to little', async () => {
    const totals = new SharedTotals();
    const first = Promise.withResolvers<ReturnType<typeof total>>();
    void totals.share(question, first.promise);
    void totals.share(question, Promise.resolve(total(1_001)));
    first.resolve(total(1));
    await first.promise;
    expect(await totals.find(question)).toEqual(total(1_001));
  });

  it('fails with a count that fails, and forgets it', async () => {
    const totals = new SharedTotals();
    const counting = totals.share(question, Promise.reject(new Error('gone')));
    await expect(totals.find(question)).rejects.toThrow('gone');
    await expect(counting).rejects.toThrow('gone');
    expect(totals.find(question)).toBeUndefined();
  });
});
