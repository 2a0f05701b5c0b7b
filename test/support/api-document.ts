import { readFileSync } from 'node:fs';

/** The document with whatever it says by reference in its place, but schemas, which lead to each other. */
export function inlined<Document extends object>(document: Document): Document {
  const follow = (reference: string): unknown =>
    reference
      .slice(2)
      .split('/')
      .reduce<any>((node, name) => node[name], document);
  const inline = (node: any): any => {
    if (typeof node !== 'object' || node === null) return node;
    if (Array.isArray(node)) return node.map(inline);
    const { $ref } = node;
    if (typeof $ref === 'string' && !$ref.startsWith('#/components/schemas/'))
      return inline(follow($ref));
    return Object.fromEntries(Object.entries(node).map(([name, child]) => [name, inline(child)]));
  };
  return inline(document);
}

/** The committed one. */
export const apiDocument = (): any => inlined(JSON.parse(readFileSync('openapi.json', 'utf8')));
