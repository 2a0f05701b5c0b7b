import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { PAGES, read as readPage, withTables } from '../../scripts/docs/tables.js';
import { ERROR_CODES } from '../../src/errors/error-codes.js';

const ROOT = join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const pages = globSync(['*.md', 'docs/**/*.md', 'examples/*/README.md', 'packages/*/README.md'], {
  cwd: ROOT,
}).sort();
/** Those about identity providers name events of theirs, which look like codes. */
const own = pages.filter((page) => !page.startsWith('docs/identity-providers/'));

const withoutCode = (text: string) =>
  text.replace(/^```[^]*?^```$/gm, '').replace(/`[^`\n]*`/g, '');

/** The anchors that GitHub and the site give to headings. */
const anchors = (file: string) =>
  read(file)
    .replace(/^```[^]*?^```$/gm, '')
    .split('\n')
    .flatMap((line) => /^#+ (.+)/.exec(line)?.[1] ?? [])
    .map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    );

describe('README.md', () => {
  const readme = read('README.md');

  it('is no longer than 8 KiB', () => {
    expect(Buffer.byteLength(readme)).toBeLessThanOrEqual(8_192);
  });

  it('has the command by which CI runs all tests', () => {
    const last = read('.ci/run').trim().split('\n').at(-1);
    expect(last).toMatch(/npm test$/);
    expect(readme).toContain(`\`\`\`sh\n${last}\n\`\`\``);
  });
});

describe.each(PAGES)('%s', (page) => {
  it('has the tables of the code; npm run docs:tables writes them anew', async () => {
    expect(readPage(page)).toBe(await withTables(page));
  });
});

describe.each(pages)('%s', (page) => {
  const links = [...withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"/g)]
    .map(([, link, image]) => link ?? image ?? '')
    .filter((link) => !/^(?:https?|mailto):/.test(link));

  it('has no dead relative link', () => {
    const dead = links.filter((link) => {
      const [path = '', anchor] = link.split('#');
      const file = path === '' ? page : join(dirname(page), path);
      if (!existsSync(join(ROOT, file)) || statSync(join(ROOT, file)).isDirectory()) return true;
      return anchor !== undefined && file.endsWith('.md') && !anchors(file).includes(anchor);
    });
    expect(dead).toEqual([]);
  });
});

describe.each(own)('%s', (page) => {
  it('names no code that is none', () => {
    const codes =
      read(page).match(/`(guard|request|auth|user|tenant|entity|service)\.[a-z_]+`/g) ?? [];
    for (const code of codes) expect(Object.keys(ERROR_CODES)).toContain(code.slice(1, -1));
  });
});
