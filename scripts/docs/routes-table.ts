import { readFileSync } from 'node:fs';
import { parseJson } from '../../src/json/parse-json.js';
import { markdownTable } from './markdown-table.js';

interface Operation {
  summary: string;
  description?: string;
  security?: Record<string, string[]>[];
  'x-max-body-bytes'?: number;
}

interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
}

/** As the descriptions of operations say it: the narrow one, behind `all`. */
const SCOPE = /\bscope (?:`all` or )?(`[\w:]+`)/;

const TOKENS = {
  userToken: 'With a user token:',
  managementToken: 'With a management token:',
  operatorToken: 'With an operator token:',
  none: 'Without a token:',
};

/** Every route of `openapi.json`, in its order: a table for each kind of token. */
export function routes(): string {
  const file = new URL('../../openapi.json', import.meta.url);
  const { paths } = parseJson(readFileSync(file, 'utf8')) as OpenApi;
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      token: Object.keys(operation.security?.[0] ?? {})[0] ?? 'none',
      cells: cells(`${method.toUpperCase()} ${path}`, operation),
    })),
  );
  return Object.entries(TOKENS)
    .map(([token, title]) => {
      const rows = all.filter((route) => route.token === token).map((route) => route.cells);
      return `${title}\n\n${markdownTable(['route', 'scope', 'does', 'body'], rows)}`;
    })
    .join('\n\n');
}

function cells(route: string, operation: Operation): string[] {
  const scope = SCOPE.exec(operation.description ?? '')?.[1];
  if (operation.security?.length && !scope)
    throw new Error(`${route} does not say which scope it needs.`);
  const bytes = operation['x-max-body-bytes'];
  return [
    `\`${route}\``,
    scope ?? '–',
    operation.summary,
    bytes === undefined ? '' : `${bytes / 1024}\u00a0KiB`,
  ];
}
