import { readFileSync } from 'node:fs';

/** The code in a language that a page shows. */
export const snippetsOf = (page: string, language: 'ts' | 'js' = 'ts'): string[] =>
  [...readFileSync(page, 'utf8').matchAll(/^```(\w+)\n([^]*?)^```$/gm)]
    .filter(([, of]) => of === language)
    .map(([, , code = '']) => code);
