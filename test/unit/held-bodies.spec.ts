import { expect, it } from '@jest/globals';
import { HeldBodies } from '../../src/limits/held-bodies.js';

it('who is alone may hold the most, again and again', () => {
  const held = new HeldBodies(100);
  expect(held.take('one', 60)).toBe(true);
  expect(held.take('one', 40)).toBe(true);
  expect(held.take('one', 1)).toBe(false);
  held.give('one', 60);
  expect(held.take('one', 61)).toBe(false);
  expect(held.take('one', 60)).toBe(true);
});

it('beside one who holds the most, another may have some, up to as much', () => {
  const held = new HeldBodies(100);
  expect(held.take('greedy', 100)).toBe(true);
  expect(held.take('other', 50)).toBe(true);
  expect(held.take('greedy', 1)).toBe(false);
  expect(held.take('other', 50)).toBe(true);
  held.give('greedy', 40);
  expect(held.take('other', 10)).toBe(false);
  expect(held.take('greedy', 10)).toBe(true);
});

it('nobody may hold more than twice the most, all together', () => {
  const held = new HeldBodies(100);
  for (let n = 0; n < 20; n += 1) expect(held.take(`${n}`, 10)).toBe(true);
  expect(held.take('late', 1)).toBe(false);
});
