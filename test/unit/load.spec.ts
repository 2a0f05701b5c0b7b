import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Load } from '../../src/http/load.js';

let load: Load;
let working: { workSince: number }[];
beforeEach(() => {
  jest.useFakeTimers();
  jest.advanceTimersByTime(1);
  working = [];
  load = new Load(() => working.length);
});
afterEach(() => {
  load.stop();
  jest.useRealTimers();
});

function begin(count: number): void {
  for (let n = 0; n < count; n += 1) {
    const request = { workSince: 0 };
    load.begin(request);
    working.push(request);
  }
}

/** Those that have waited longest. */
function answer(count: number): void {
  for (const request of working.splice(0, count)) load.answer(request, true);
}

/** At once, some that are not among those that wait. */
function answerQuickly(count: number, isServed: boolean): void {
  for (let n = 0; n < count; n += 1) {
    const request = { workSince: 0 };
    load.begin(request);
    load.answer(request, isServed);
  }
}

/** One after the other is answered after so many milliseconds. */
function answerEach(milliseconds: number, times: number): void {
  for (let n = 0; n < times; n += 1) {
    begin(1);
    jest.advanceTimersByTime(milliseconds);
    answer(1);
  }
  jest.advanceTimersByTime(100);
}

it('takes a burst of 600, and no more', () => {
  begin(599);
  expect(load.excess).toBeUndefined();
  begin(1);
  expect(load.excess).toBe('waiting');
  answer(1);
  expect(load.excess).toBeUndefined();
});

it('takes only what it can answer in time once even the quickest wait for each other', () => {
  answerEach(5, 10);
  begin(500);
  for (let look = 0; look < 8; look += 1) {
    jest.advanceTimersByTime(100);
    answer(10);
  }
  // 10 in 100 ms are 100 a second, of which 30 are answered in 0.3 s: the least is 200.
  expect(working.length).toBeGreaterThan(400);
  expect(load.excess).toBe('waiting');
  while (working.length > 199) answer(1);
  expect(load.excess).toBeUndefined();
});

it('still takes a burst when one is answered quickly while others wait', () => {
  begin(300);
  for (let look = 0; look < 8; look += 1) {
    jest.advanceTimersByTime(100);
    answer(10);
    answerQuickly(1, true);
  }
  expect(load.excess).toBeUndefined();
});

it('sees that all are slow, and how many it does, beside many who are refused at once', () => {
  answerEach(5, 10);
  begin(500);
  for (let look = 0; look < 8; look += 1) {
    jest.advanceTimersByTime(100);
    answer(10);
    answerQuickly(1_000, false);
  }
  expect(working.length).toBeGreaterThan(400);
  expect(load.excess).toBe('waiting');
  while (working.length > 199) answer(1);
  expect(load.excess).toBeUndefined();
});

it('does not take a database that is far away for one that is busy', () => {
  answerEach(900, 3);
  for (let look = 0; look < 20; look += 1) {
    begin(40);
    jest.advanceTimersByTime(100);
    if (look >= 8) answer(40);
  }
  begin(40);
  expect(working.length).toBeGreaterThan(300);
  expect(load.excess).toBeUndefined();
});

it('forgets that it was slow when all is answered', () => {
  answerEach(5, 10);
  begin(300);
  for (let look = 0; look < 6; look += 1) {
    jest.advanceTimersByTime(100);
    answer(5);
  }
  expect(load.excess).toBe('waiting');
  answer(working.length);
  jest.advanceTimersByTime(100);
  begin(500);
  expect(load.excess).toBeUndefined();
});

it('sheds what comes while all are slow, but for a few, by which it sees that they are not', () => {
  answerEach(5, 10);
  begin(500);
  const slowly = () => {
    jest.advanceTimersByTime(100);
    answer(10);
    begin(10);
  };
  for (let look = 0; look < 8; look += 1) slowly();
  const shed = Array.from({ length: 20 }, () => load.shed());
  expect(shed.filter((excess) => excess === undefined)).toHaveLength(5);
  expect(shed.at(-1)).toBe('waiting');
  for (let look = 0; look < 2; look += 1) {
    answerQuickly(1, true);
    slowly();
  }
  expect(load.excess).toBeUndefined();
});

it('sheds nobody for those who wait for something of their own while others are served quickly', () => {
  answerEach(5, 10);
  begin(800);
  for (let look = 0; look < 10; look += 1) {
    for (let n = 0; n < 10; n += 1) if (!load.shed()) answerQuickly(1, true);
    jest.advanceTimersByTime(100);
  }
  expect(load.excess).toBeUndefined();
  begin(599);
  expect(load.excess).toBeUndefined();
  begin(1);
  expect(load.excess).toBe('waiting');
});

it('takes a burst, and a few at a time, while nobody is served', () => {
  answerEach(5, 10);
  begin(600);
  let taken = 0;
  for (let look = 0; look < 20; look += 1) {
    for (let n = 0; n < 10; n += 1) if (!load.shed()) taken += 1;
    jest.advanceTimersByTime(100);
  }
  expect(taken).toBe(100);
});
