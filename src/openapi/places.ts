import type { OpenAPIObject } from '@nestjs/swagger';
import type { Node } from './parts.js';

/** A part of the document that may stand elsewhere, too, and what a reader would call it. */
export interface Place {
  name: string | undefined;
  part: object;
  replace: (reference: { $ref: string }) => void;
}

/**
 * Says parts once, in `components`. Of several that have one name, the one that comes most often is
 * shared; the others stay where they are.
 *
 * @param least how often a part must occur to be shared
 */
export function share(document: OpenAPIObject, kind: string, places: Place[], least = 2): void {
  const shared: Node = {};
  const named = places.filter(({ name }) => name !== undefined);
  const byName = Map.groupBy(named, ({ name }) => name as string);
  for (const [name, all] of byName) {
    const byContent = Map.groupBy(all, ({ part }) => JSON.stringify(part));
    const [most = []] = [...byContent.values()].sort((a, b) => b.length - a.length);
    if (most.length < least) continue;
    shared[name] = most[0]?.part;
    for (const { replace } of most) replace({ $ref: `#/components/${kind}/${name}` });
  }
  const components = (document.components ??= {}) as Record<string, Node>;
  const every = Object.entries({ ...components[kind], ...shared });
  components[kind] = Object.fromEntries(every.sort(([a], [b]) => (a < b ? -1 : 1)));
}

export const membersOf = (parent: Record<string, object>): (Place & { name: string })[] =>
  Object.entries(parent).map(([name, part]) => ({
    name,
    part,
    replace: (reference) => (parent[name] = reference),
  }));
