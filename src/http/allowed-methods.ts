import type { FastifyInstance, RouteOptions } from 'fastify';

export interface RecordedRoute {
  url: string;
  path: RegExp;
  methods: string[];
}

const routesOf = new WeakMap<FastifyInstance, RecordedRoute[]>();

/** Remembers each route as it is registered; call it before any is. */
export function recordRoutes(fastify: FastifyInstance): void {
  const routes: RecordedRoute[] = [];
  routesOf.set(fastify, routes);
  fastify.addHook('onRoute', ({ url, method }: RouteOptions) => {
    if (url.includes('*')) return;
    const pattern = url.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/:[^/]+/g, '[^/]+');
    routes.push({ url, path: new RegExp(`^${pattern}$`), methods: [method].flat() });
  });
}

export const recordedRoutes = (fastify: FastifyInstance) => routesOf.get(fastify) ?? [];

/** The methods that the path of this URL has handlers for (RFC 9110, section 15.5.6). */
export function allowedMethods(fastify: FastifyInstance, url: string): string[] {
  const path = url.split('?', 1)[0] ?? '';
  const matching = recordedRoutes(fastify).filter((route) => route.path.test(path));
  return [...new Set(matching.flatMap(({ methods }) => methods))].sort();
}
