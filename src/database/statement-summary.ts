import { LRUCache } from 'lru-cache';

/** What is read or written, and is no column or function. */
const TARGET =
  /(?<!\b(?:FOR|DO|KEY|DISTINCT) )\b(?:(INSERT INTO)\s+([a-z_]+)|(UPDATE|DELETE FROM|FROM|JOIN)\s+([a-z_]+)\b(?!\s*[.(]))/g;

/** `name AS (…`, or with `MATERIALIZED`. */
const NAMED = /\b([a-z_]+) AS (?:(?:NOT )?MATERIALIZED )?\(/g;

const VERBS: Record<string, string> = {
  'INSERT INTO': 'INSERT',
  UPDATE: 'UPDATE',
  'DELETE FROM': 'DELETE',
};

/** As semantic conventions have it. */
const MAX_LENGTH = 255;

const known = new LRUCache<string, string>({ max: 500 });

/**
 * What a statement does to which tables (`db.query.summary`), such as `UPDATE users INSERT user_events`. One that
 * writes tells what it writes, any other one what it reads.
 */
export function summaryOf(sql: string): string {
  const summary = known.get(sql) ?? summarize(sql);
  known.set(sql, summary);
  return summary;
}

function summarize(sql: string): string {
  const named = new Set([...sql.matchAll(NAMED)].map(([, name]) => name));
  const targets = [...sql.matchAll(TARGET)]
    .map(([, insert, into, verb = insert, table = into]) => ({
      verb: VERBS[verb ?? ''],
      table: table ?? '',
    }))
    .filter(({ table }) => !named.has(table));
  const writes = targets.flatMap(({ verb, table }) => (verb ? [`${verb} ${table}`] : []));
  if (writes.length > 0) return [...new Set(writes)].join(' ').slice(0, MAX_LENGTH);
  const tables = [...new Set(targets.map(({ table }) => table))];
  const [first = ''] = /\w+/.exec(sql) ?? [];
  return [tables.length > 0 ? 'SELECT' : first, ...tables].join(' ').slice(0, MAX_LENGTH);
}
