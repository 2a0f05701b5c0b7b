import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, jest } from '@jest/globals';
import { Recent } from '../../src/tenancy/recent.js';

/** Answers from what there is, and counts how often it was asked. */
function source(values: Record<string, object>) {
  const asked: string[] = [];
  const recent = new Recent(async (key) => {
    asked.push(key);
    await sleep(1);
    return values[key];
  });
  return { asked, recent };
}

describe('what was asked for a moment ago', () => {
  it('is asked once, by all who ask at the same time and after', async () => {
    const a = {};
    const { asked, recent } = source({ a });
    const first = [recent.get('a'), recent.get('a'), recent.get('no'), recent.get('no')];
    const answers = first.map((answer) => Promise.resolve(answer));
    expect(await Promise.all(answers)).toEqual([a, a, undefined, undefined]);
    expect(recent.get('a')).toBe(a);
    expect(recent.get('no')).toBeUndefined();
    expect(asked).toEqual(['a', 'no']);
  });

  it('is asked again after 5 s, whether it was there or not', async () => {
    const values: Record<string, object> = { a: {} };
    const { asked, recent } = source(values);
    await recent.get('a');
    await recent.get('b');
    values['b'] = {};
    const now = performance.now();
    const clock = jest.spyOn(performance, 'now');
    // The cache looks at the clock once a millisecond.
    await sleep(10);
    clock.mockReturnValue(now + 4_900);
    expect(recent.get('b')).toBeUndefined();
    await sleep(10);
    clock.mockReturnValue(now + 5_001);
    expect(await recent.get('b')).toBe(values['b']);
    expect(await recent.get('a')).toBe(values['a']);
    expect(asked).toEqual(['a', 'b', 'b', 'a']);
    clock.mockRestore();
  });

  it('counts its 5 s from the question, not from the answer', async () => {
    let answer: (value: object) => void = () => undefined;
    let asked = 0;
    const recent = new Recent(() => {
      asked += 1;
      return new Promise<object>((done) => (answer = done));
    });
    const now = performance.now();
    const clock = jest.spyOn(performance, 'now').mockReturnValue(now);
    const first = recent.get('a');
    clock.mockReturnValue(now + 6_000);
    answer({});
    await first;
    void recent.get('a');
    expect(asked).toBe(2);
    clock.mockRestore();
  });

  it('that failed is not remembered', async () => {
    let fails = true;
    const recent = new Recent(async () => {
      if (fails) throw new Error('away');
      return {};
    });
    await expect(recent.get('a')).rejects.toThrow('away');
    fails = false;
    expect(await recent.get('a')).toEqual({});
  });

  it('is not pushed out by many that are not there', async () => {
    const a = {};
    const { asked, recent } = source({ a });
    await recent.get('a');
    const others = Array.from({ length: 10_100 }, (_, index) => recent.get(`no${index}`));
    for (const other of others) await other;
    expect(recent.get('a')).toBe(a);
    // Those are bounded, too.
    void recent.get('no0');
    expect(asked.filter((key) => key === 'no0')).toHaveLength(2);
  });
});
