import { writeFileSync } from 'node:fs';
import { PAGES, withTables } from './tables.js';

/** `npm run docs:tables`: writes what the code knows into the pages that tell it. */
for (const page of PAGES) writeFileSync(page, await withTables(page));
