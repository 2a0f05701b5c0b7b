import { readFileSync } from 'node:fs';

/** The TypeScript that a page shows. */
export const snippetsOf = (page: string): string[] =>
  [...readFileSync(page, 'utf8').matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code = '']) => code);
