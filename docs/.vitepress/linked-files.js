import { cpSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

/** Files of the repository that pages link to and that are no pages, such as sources. */
const files = new Set();

const isFile = (href) => !/^[a-z]+:|^[#/]|\.md(#|$)/i.test(href);

/** A site has no sources: a link to one leads to a copy of it, as text. */
export function linkToFiles(md) {
  md.core.ruler.push('linked-files', ({ tokens, env }) => {
    const links = tokens
      .flatMap(({ children }) => children ?? [])
      .filter(({ type }) => type === 'link_open');
    for (const link of links) {
      const href = link.attrGet('href');
      if (!isFile(href)) continue;
      files.add(relative(ROOT, resolve(dirname(env.path), href)));
      link.attrSet('href', `${href}.txt`);
      link.attrSet('target', '_self');
    }
  });
}

export function copyLinked(folder) {
  for (const file of files) cpSync(join(ROOT, file), join(folder, `${file}.txt`));
}
