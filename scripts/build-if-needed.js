// Builds when there is no build, or when a source is newer than it. `npm start` runs it first.
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, statSync } from 'node:fs';

const BUILT = 'dist/main.js';
const SOURCES = ['src/**/*.ts', 'tsconfig*.json', 'nest-cli.json', 'package-lock.json'];

function isFresh() {
  if (!existsSync(BUILT)) return false;
  const builtAt = statSync(BUILT).mtimeMs;
  return globSync(SOURCES).every((file) => statSync(file).mtimeMs <= builtAt);
}

if (!isFresh()) {
  const { status } = spawnSync('npm', ['run', '-s', 'build'], { stdio: 'inherit', shell: true });
  process.exit(status ?? 1);
}
