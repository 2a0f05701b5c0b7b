/** As much of a Babel path as is looked at. */
interface Path {
  node: Node;
}
interface Node {
  type: string;
  key?: Named;
  callee?: Named;
  properties?: { key?: Named; value?: Node & Named }[];
}
interface Named {
  name?: string;
}

/**
 * What only the API document shows: decorators of Swagger that are called as functions, schemas,
 * descriptions and examples. `test/contract/openapi.spec.ts` compares the document as a whole, so that
 * every such mutant fails it, but takes a service for each.
 */
function isDocumentation({ node }: Path): boolean {
  if (node.type === 'CallExpression') return /^Api[A-Z]/.test(node.callee?.name ?? '');
  if (node.type === 'ObjectProperty') return isDescribing(node.key?.name ?? '');
  const properties = node.properties ?? [];
  return (
    properties.some(({ key, value }) => key?.name === 'type' && isType(value)) ||
    (properties.length > 0 && properties.every(({ key }) => isDescribing(key?.name ?? '')))
  );
}

/** As a schema has it: 'string', or String. */
const isType = (value?: Node & Named) =>
  value?.type === 'StringLiteral' || /^(String|Number|Boolean|Object)$/.test(value?.name ?? '');

const isDescribing = (name: string) => /^(description|example)$/.test(name);

export const strykerPlugins = [
  {
    ...{ kind: 'Ignore', name: 'documentation' },
    value: {
      shouldIgnore: (path: Path) =>
        isDocumentation(path) ? 'Only the API document shows it.' : undefined,
    },
  },
];
