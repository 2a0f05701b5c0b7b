import { SetMetadata } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** What requests cost, and by which they are counted apart. */
export const COSTS = ['read', 'write', 'search', 'password', 'stream'] as const;

export type Cost = (typeof COSTS)[number];

declare module 'fastify' {
  interface FastifyRequest {
    /** Of a request that bears a verified token. */
    cost?: Cost;
  }
}

export const COST = Symbol('cost');

export type CostOf = (request: FastifyRequest) => Cost;

/** Of a route that costs something else than its method says. */
export const Costs = (cost: Cost | CostOf) =>
  SetMetadata(COST, typeof cost === 'function' ? cost : () => cost);

/** GET and HEAD read; all others write. */
export const costOfMethod: CostOf = ({ method }) =>
  method === 'GET' || method === 'HEAD' ? 'read' : 'write';
