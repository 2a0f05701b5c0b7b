import { describe, expect, it } from '@jest/globals';
import { Batch, type BatchOptions, WaitedTooLong } from '../../src/database/batch.js';

/** A batch that notes its runs, each of which ends when the test says so. */
function batch(options: Partial<BatchOptions<string>> = {}) {
  const runs: { items: string[]; end: (results?: (string | Promise<string>)[]) => void }[] = [];
  const shared = new Batch<string, string>(
    (items) =>
      new Promise((done) => {
        runs.push({ items, end: (results = items.map((item) => `${item}!`)) => done(results) });
      }),
    { size: 3, parallel: 2, ...options },
  );
  return { shared, runs, items: () => runs.map((run) => run.items.join('')) };
}

const turn = () => new Promise((done) => setImmediate(done));

describe('a batch', () => {
  it('runs what came in one turn at its end, at most `size` together', async () => {
    const { shared, runs, items } = batch();
    const results = ['a', 'b', 'c', 'd'].map((item) => shared.add(item));
    expect(items()).toEqual([]);
    await turn();
    expect(items()).toEqual(['abc', 'd']);
    for (const run of runs) run.end();
    expect(await Promise.all(results)).toEqual(['a!', 'b!', 'c!', 'd!']);
  });

  it('runs at most `parallel` at the same time; what comes meanwhile shares the next', async () => {
    const { shared, runs, items } = batch({ size: 10 });
    void shared.add('a');
    await turn();
    void shared.add('b');
    await turn();
    for (const item of ['c', 'd']) {
      void shared.add(item);
      await turn();
    }
    expect(items()).toEqual(['a', 'b']);
    runs[0]?.end();
    await turn();
    await turn();
    expect(items()).toEqual(['a', 'b', 'cd']);
  });

  it('fails all of a run that throws, and goes on', async () => {
    let isBroken = true;
    const shared = new Batch<string, string>(
      (items) => (isBroken ? Promise.reject(new Error('down')) : Promise.resolve(items)),
      { size: 10, parallel: 1 },
    );
    const both = await Promise.allSettled([shared.add('a'), shared.add('b')]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    isBroken = false;
    expect(await shared.add('c')).toBe('c');
  });

  it('begins the next of a key only when the one before is settled, and holds up no other', async () => {
    const { shared, runs, items } = batch({
      size: 10,
      parallel: 9,
      keyOf: (item) => item[0] ?? '',
    });
    const settled: string[] = [];
    for (const item of ['a1', 'a2', 'a3', 'b1'])
      void shared.add(item).then((result) => settled.push(result));
    await turn();
    expect(items()).toEqual(['a1b1']);
    let goOn: (result: string) => void = () => undefined;
    const alone = new Promise<string>((done) => (goOn = done));
    runs[0]?.end([alone, 'b1!']);
    await turn();
    void shared.add('b2');
    await turn();
    await turn();
    expect(settled).toEqual(['b1!']);
    expect(items()).toEqual(['a1b1', 'b2']);
    goOn('a1!');
    await turn();
    await turn();
    expect(items()).toEqual(['a1b1', 'b2', 'a2']);
    runs[2]?.end();
    await turn();
    await turn();
    expect(settled).toEqual(['b1!', 'a1!', 'a2!']);
    expect(items().at(-1)).toBe('a3');
  });

  it.each([
    ['whatever it was', new Error('down')],
    ['in a lane of its own', new WaitedTooLong()],
  ])('begins the next of a key when the one before has failed, %s', async (_, reason) => {
    const { shared, runs, items } = batch({ keyOf: () => 'same' });
    const [first, second] = ['a', 'b'].map((item) => shared.add(item));
    await turn();
    runs[0]?.end([Promise.reject(reason)]);
    await expect(first).rejects.toBe(reason);
    await turn();
    await turn();
    expect(items()).toEqual(['a', 'b']);
    runs[1]?.end();
    expect(await second).toBe('b!');
  });

  it('lets nothing wait behind its key for longer than its patience', async () => {
    const { shared, runs, items } = batch({ keyOf: () => 'same', patience: 50 });
    const results = ['a', 'b', 'c'].map((item) =>
      shared.add(item).catch((error: unknown) => (error as Error).name),
    );
    await turn();
    // However long the one before takes.
    expect(await Promise.all(results.slice(1))).toEqual(['WaitedTooLong', 'WaitedTooLong']);
    const late = shared.add('d');
    runs[0]?.end();
    expect(await results[0]).toBe('a!');
    await turn();
    await turn();
    expect(items()).toEqual(['a', 'd']);
    runs[1]?.end();
    expect(await late).toBe('d!');
  });

  it('keeps nothing of keys that are done, also when an item fails', async () => {
    const shared = new Batch<string, string>(() => Promise.reject(new Error('down')), {
      size: 1,
      parallel: 1,
      keyOf: (item) => item,
    });
    await Promise.allSettled([shared.add('a'), shared.add('a')]);
    await turn();
    expect((shared as unknown as { behind: Map<string, unknown> }).behind.size).toBe(0);
  });
});
