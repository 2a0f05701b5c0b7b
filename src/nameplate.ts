#!/usr/bin/env node
import './require-node.js';
import { fileURLToPath } from 'node:url';
import { VERSION } from './config/version.js';

const COMMANDS: Record<string, [file: string, purpose: string]> = {
  start: ['main.js', 'the service'],
  migrate: [
    'migrate.js',
    'the database at DATABASE_URL to this version; `migrate revert` undoes one step',
  ],
  tenant: ['tenant.js', 'what the operator API does with tenants'],
  distribute: ['distribute.js', 'spreads the tenants over the nodes of Citus'],
  token: ['dev/token.js', 'a token of the development issuer'],
};
const USAGE = [
  `nameplate ${VERSION}`,
  ...Object.entries(COMMANDS).map(
    ([name, [, purpose]]) => `  nameplate ${name.padEnd(11)}${purpose}`,
  ),
].join('\n');

/** `npx nameplate …`: each command is a file of the build, which npm scripts and the image run without this one. */
const [name = '--help', ...args] = process.argv.slice(2);
const [file] = COMMANDS[name] ?? [];
if (file) {
  const path = fileURLToPath(new URL(file, import.meta.url));
  // In place of this process, so that signals reach it: how large its heap may get is said when it starts.
  process.execve?.(process.execPath, [
    ...[process.execPath, '--max-semi-space-size=8', path],
    ...args,
  ]);
  // Windows has no such thing.
  process.argv.splice(1, 2, path);
  await import(`./${file}`);
} else if (name === '--version') console.log(VERSION);
else if (name === '--help') console.log(USAGE);
else {
  console.error(USAGE);
  process.exitCode = 2;
}
