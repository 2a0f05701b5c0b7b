import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Client, DatabaseError } from 'pg';
import { parseJson } from '../../src/json/parse-json.js';
import type { STATEMENTS } from './statements.js';

/** A statement as a version sends it, and what PostgreSQL made of it there. */
export interface OldStatement {
  maker: string;
  sql: string;
  parameters: unknown[];
  /** The columns of its rows by name and type, or the SQLSTATE of its refusal. */
  outcome: string;
}

export const FIXTURES = join(import.meta.dirname, '..', 'fixtures');

/** What the others find when they run: the last statement of each of these is not taken back. */
const KEPT = [
  'createUsers',
  'putSocial',
  'putEnterprise',
  'insertTenant',
  'insertHosts',
  'insertHook',
];

const REFUSED = 'refused:';

/** The statements of the version that was released last, which may still run when its successor migrates. */
export function oldStatements(): { file: string; statements: OldStatement[] }[] {
  return readdirSync(FIXTURES)
    .filter((file) => file.startsWith('statements-'))
    .map((file) => {
      const statements = parseJson(readFileSync(join(FIXTURES, file), 'utf8')) as OldStatement[];
      return { file, statements };
    });
}

/** Each SQL once, in an order in which the first ones make what the others read and change. */
export function statementsOf(made: typeof STATEMENTS): Omit<OldStatement, 'outcome'>[] {
  const all = Object.values(made).flatMap((makers) =>
    Object.entries(makers).flatMap(([maker, statements]) =>
      statements.map(([sql, parameters]) => ({ maker, sql, parameters })),
    ),
  );
  const place = ({ maker }: { maker: string }) =>
    (KEPT.indexOf(maker) + KEPT.length + 1) % (KEPT.length + 1);
  const once = new Map(all.toReversed().map((one) => [one.sql, one]));
  return [...once.values()].toReversed().sort((one, other) => place(one) - place(other));
}

/** Runs them all in one transaction that is rolled back, and answers what came of each. */
export async function outcomesOf(
  client: Client,
  statements: Omit<OldStatement, 'outcome'>[],
): Promise<OldStatement[]> {
  const done: OldStatement[] = [];
  await client.query('BEGIN');
  for (const one of statements) {
    await client.query('SAVEPOINT one');
    const outcome = await outcomeOf(client, one);
    done.push({ ...one, outcome });
    const isLast = one === statements.findLast(({ maker }) => maker === one.maker);
    const isKept = KEPT.includes(one.maker) && isLast && !outcome.startsWith(REFUSED);
    await client.query(isKept ? 'RELEASE one' : 'ROLLBACK TO one');
  }
  await client.query('ROLLBACK');
  return done;
}

async function outcomeOf(client: Client, { sql, parameters }: Omit<OldStatement, 'outcome'>) {
  try {
    const { fields } = await client.query(sql, parameters);
    return fields.map(({ name, dataTypeID }) => `${name}:${dataTypeID}`).join(' ');
  } catch (error) {
    if (error instanceof DatabaseError) return `${REFUSED} ${error.code} ${error.message}`;
    throw error;
  }
}
