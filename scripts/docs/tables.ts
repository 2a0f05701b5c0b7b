import { readFileSync } from 'node:fs';
import { format } from 'prettier';
import { errors, violations } from './errors-table.js';
import { routes } from './routes-table.js';
import { settings } from './settings-tables.js';

/** What stands between `<!-- generated: name -->` and `<!-- /generated -->` of these pages. */
const TABLES = {
  'docs/api-rules.md': { routes },
  'docs/configuration.md': { settings },
  'docs/errors.md': { errors, violations },
} satisfies Record<string, Record<string, () => string>>;

export type Page = keyof typeof TABLES;

export const PAGES = Object.keys(TABLES) as Page[];

const fileOf = (page: Page) => new URL(`../../${page}`, import.meta.url);

export const read = (page: Page) => readFileSync(fileOf(page), 'utf8');

/** The page as the code would have it. @throws Error when it has no place for a table */
export async function withTables(page: Page): Promise<string> {
  let text = read(page);
  for (const [name, table] of Object.entries<() => string>(TABLES[page])) {
    const place = new RegExp(`(<!-- generated: ${name} -->)[^]*?(<!-- /generated -->)`);
    if (!place.test(text)) throw new Error(`${page} has no place for the table ${name}.`);
    text = text.replace(place, (_, from: string, to: string) => `${from}\n\n${table()}\n\n${to}`);
  }
  return format(text, { parser: 'markdown', printWidth: 100 });
}
