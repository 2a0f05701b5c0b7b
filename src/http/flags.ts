import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { query } from './api-parameters.js';

const FLAGS = Symbol('flags');

/** A query parameter of a route that is `true` or `false`, and false when left out. */
export const TakesFlag =
  (name: string, description: string): MethodDecorator =>
  (target, property, descriptor) => {
    const handler = descriptor.value as object;
    Reflect.defineMetadata(FLAGS, [...flagsOf(handler), name], handler);
    query(name, { type: 'boolean', default: false }, description)(target, property, descriptor);
  };

/** Names of the flags that a handler takes. */
export const flagsOf = (handler: object) =>
  (Reflect.getMetadata(FLAGS, handler) ?? []) as readonly string[];

/** Whether the request sets a flag of its route. */
export const Flag = createParamDecorator((name: string, context: ExecutionContext) =>
  isSet(context.switchToHttp().getRequest<FastifyRequest>(), name),
);

export const isSet = ({ query }: FastifyRequest, name: string) =>
  (query as Record<string, unknown>)[name] === 'true';
