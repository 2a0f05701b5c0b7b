import { readFileSync } from 'node:fs';
import { parseJson } from '../../src/json/parse-json.js';
import { markdownTable } from './markdown-table.js';

interface Operation {
  summary: string;
  description?: string;
  tags: string[];
  security?: Record<string, string[]>[];
  'x-max-body-bytes'?: number;
}

interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
}

/** As the descriptions of operations say it. */
const SCOPES = /\bscope ((?:`[\w:]+`(?: or )?)+)/;

/** Every route of `openapi.json`, in its order. */
export function routes(): string {
  const file = new URL('../../openapi.json', import.meta.url);
  const { paths } = parseJson(readFileSync(file, 'utf8')) as OpenApi;
  const rows = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => row(method, path, operation)),
  );
  return markdownTable(['route', 'does', 'token', 'scope', 'body at most'], rows);
}

function row(method: string, path: string, operation: Operation): string[] {
  const [scheme] = Object.keys(operation.security?.[0] ?? {});
  const scopes = SCOPES.exec(operation.description ?? '')?.[1];
  if (scheme && !scopes) throw new Error(`${method} ${path} does not say which scope it needs.`);
  const bytes = operation['x-max-body-bytes'];
  return [
    `\`${method.toUpperCase()} ${path}\``,
    operation.summary,
    scheme?.replace('Token', '') ?? '–',
    scopes?.replaceAll(' or ', ', ') ?? '–',
    bytes === undefined ? '' : `${bytes / 1024} KiB`,
  ];
}
