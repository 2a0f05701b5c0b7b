import { EventEmitter } from 'node:events';
import type { ExecutionContext } from '@nestjs/common';
import { expect, it } from '@jest/globals';
import type { FastifyRequest } from 'fastify';
import type { Limits } from '../../src/limits/limits.js';
import { HeldBodiesGuard } from '../../src/limits/held-bodies.guard.js';
import { HeldBodies } from '../../src/limits/held-bodies.js';

const MIB = 1_048_576;

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

it('holds what has come of a body until it is answered, and nothing for who has left', () => {
  const guard = new HeldBodiesGuard({ nameOf: () => 'one' } as unknown as Limits);
  const begin = (closed: boolean) => {
    const request = { body: {} } as FastifyRequest;
    const raw = Object.assign(new EventEmitter(), { closed });
    const http = { getRequest: () => request, getResponse: () => ({ raw }) };
    guard.canActivate({ switchToHttp: () => http } as unknown as ExecutionContext);
    return { raw, mayHold: (size: number) => request.mayHold?.(size) };
  };
  for (let n = 0; n < 5; n += 1) expect(begin(true).mayHold(16 * MIB)).toBe(true);
  for (let n = 0; n < 5; n += 1) {
    const { raw, mayHold } = begin(false);
    for (let size = MIB; size <= 30 * MIB; size += MIB) expect(mayHold(size)).toBe(true);
    raw.emit('close');
  }
  expect(begin(false).mayHold(32 * MIB)).toBe(true);
  const late = begin(false);
  expect(late.mayHold(4_095)).toBe(true);
  expect(late.mayHold(4_096)).toBe(false);
});
