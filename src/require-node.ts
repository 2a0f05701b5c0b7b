import { createRequire } from 'node:module';

/** Imported first, before whatever an older Node stumbles over. */
const { engines } = createRequire(import.meta.url)('../package.json') as {
  engines: { node: string };
};
const needed = engines.node.replace('>=', '');
const { node } = process.versions;
if (node.localeCompare(needed, 'en', { numeric: true }) < 0) {
  console.error(`Node ${needed} or newer is needed; this is ${node}.`);
  process.exit(1);
}
