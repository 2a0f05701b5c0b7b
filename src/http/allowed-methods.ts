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
    // What @fastify/cors answers preflights with has every path.
    if (url === '*' || url === '/*') return;
    const pattern = url
      .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replace(/:[^/]+/g, '[^/]+')
      .replace('*', '.*');
    routes.push({ url, path: new RegExp(`^${pattern}$`), methods: [method].flat() });
  });
}

export const recordedRoutes = (fastify: FastifyInstance) => routesOf.get(fastify) ?? [];

/** The methods that the path of this target has handlers for (RFC 9110, 15.5.6). */
export function allowedMethods(fastify: FastifyInstance, url: string): string[] {
  const path = pathOf(url);
  return methodsOf(recordedRoutes(fastify).filter((route) => route.path.test(path)));
}

/** All methods that any path has handlers for. */
export const knownMethods = (fastify: FastifyInstance) => methodsOf(recordedRoutes(fastify));

const methodsOf = (routes: RecordedRoute[]) =>
  [...new Set(routes.flatMap(({ methods }) => methods))].sort();

/** As the router sees it: of an absolute form only the path (RFC 9112, 3.2.2), without escapes. */
function pathOf(target: string): string {
  const path = target.replace(/^https?:\/\/[^/?]*/i, '').split('?', 1)[0] ?? '';
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}
