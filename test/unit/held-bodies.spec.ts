import { EventEmitter } from 'node:events';
import type { ExecutionContext } from '@nestjs/common';
import { expect, it } from '@jest/globals';
import type { Env } from '../../src/config/env.js';
import type { Limits } from '../../src/limits/limits.js';
import { HeldBodiesGuard } from '../../src/limits/held-bodies.guard.js';
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

it('holds nothing for who has left, and what was answered no longer', () => {
  const env = { CUSTOM_DATA_MAX_BYTES: 65_536, BODY_LIMIT_BYTES: 1_048_576 } as Env;
  const guard = new HeldBodiesGuard(env, { nameOf: () => 'one' } as unknown as Limits);
  const headers = { 'content-length': '16384' };
  const request = { body: {}, headers, server: { server: {} } };
  /** How many of them are let through, one after the other. */
  const admitted = (closed: boolean, isAnswered: boolean) => {
    for (let n = 0; n < 2_500; n += 1) {
      const raw = Object.assign(new EventEmitter(), { closed });
      const http = { getRequest: () => request, getResponse: () => ({ raw }) };
      const context = { switchToHttp: () => http, getHandler: () => admitted };
      const result = guard.canActivate(context as unknown as ExecutionContext);
      if (result !== true) {
        result.catch(() => undefined);
        return n;
      }
      if (isAnswered) raw.emit('close');
    }
    return Infinity;
  };
  expect(admitted(true, false)).toBe(Infinity);
  expect(admitted(false, true)).toBe(Infinity);
  // 32 MiB.
  expect(admitted(false, false)).toBe(2_048);
});
