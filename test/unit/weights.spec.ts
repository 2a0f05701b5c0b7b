import { expect, it } from '@jest/globals';
import type { FastifyRequest } from 'fastify';
import { Weights } from '../../src/limits/weights.js';

const socket = {};

const request = (method: string, url: string, more: object = {}) =>
  ({
    method,
    routeOptions: { method, url },
    headers: {},
    query: {},
    socket,
    ...more,
  }) as FastifyRequest;

/** With a body of which no header tells how large it is. */
const patch = (bytes: number, headers = {}) =>
  request('PATCH', '/api/users/:userId', { headers, body: Buffer.alloc(bytes) });
const list = () => request('GET', '/api/users');

/** What another one is taken to be. */
const ahead = (weights: Weights, of: FastifyRequest, name = 'one') =>
  weights.ahead(name, of, of.routeOptions.url)();

it('a body weighs before it is done, a short one nothing', () => {
  const weights = new Weights();
  expect(ahead(weights, patch(100))).toBe(1);
  expect(ahead(weights, patch(10 * 4_096))).toBe(11);
  expect(ahead(weights, patch(10 * 4_096, { 'idempotency-key': 'x' }))).toBe(142);
});

it('an answer weighs as the largest of late of its caller and route, and much until one is known', () => {
  const weights = new Weights();
  const first = list();
  const weigh = weights.ahead('one', first, 'list');
  expect(weigh()).toBe(132);
  weights.behind(first, 200, 1_000 * 4_096);
  expect(weigh()).toBe(1_004);
  expect(ahead(weights, list(), 'another')).toBe(132);
  const small = list();
  weights.ahead('one', small, 'list');
  weights.behind(small, 200, 4_096);
  expect(weigh()).toBe(994);
});

it('what was done counts with its bytes, and as more if it was refused or its connection is new', () => {
  const weights = new Weights();
  const one = patch(4_096);
  expect(ahead(weights, one)).toBe(2);
  expect(weights.behind(one, 200, 4_096)).toBe(5);
  expect(weights.behind(one, 200, 4_096)).toBe(3);
  expect(weights.behind(one, 400, 4_096)).toBe(5);
});
