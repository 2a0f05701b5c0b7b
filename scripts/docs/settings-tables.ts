import { readFileSync } from 'node:fs';
import { parseEnv } from '../../src/config/load-env.js';
import { Rate } from '../../src/config/rate.js';
import { markdownTable } from './markdown-table.js';

interface Section {
  heading: string;
  rows: string[][];
}

/** A table for each section of `.env.example`: what it says of a setting, and the default of the code. */
export function settings(): string {
  const file = new URL('../../.env.example', import.meta.url);
  return sections(readFileSync(file, 'utf8').split('\n'))
    .map(({ heading, rows }) => {
      const table = markdownTable(['setting', 'default', 'what it does'], rows);
      return `### ${heading}\n\n${table}`;
    })
    .join('\n\n');
}

/** @throws Error when a setting is in no section, or nothing is said of it */
function sections(lines: string[]): Section[] {
  const found: Section[] = [];
  let said: string[] = [];
  for (const line of lines) {
    const heading = /^## (.+)/.exec(line)?.[1];
    const name = /^# ([A-Z][A-Z_]+)=/.exec(line)?.[1];
    if (heading) found.push({ heading, rows: [] });
    else if (name) {
      if (said.length === 0) throw new Error(`.env.example says nothing of ${name}.`);
      found.at(-1)?.rows.push([`\`${name}\``, defaultOf(name), said.join(' ')]);
    }
    said = line.startsWith('# ') && !name ? [...said, line.slice(2)] : [];
  }
  return found;
}

function defaultOf(name: string): string {
  const value = (parseEnv({}) as unknown as Record<string, unknown>)[name];
  const isText = typeof value === 'string' || typeof value === 'number' || value instanceof Rate;
  return isText && String(value) !== '' ? `\`${String(value)}\`` : '–';
}
