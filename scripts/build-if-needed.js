// Builds when there is no build, or when a source is newer than it. `npm start` runs it first. Where
// development dependencies are left out, what is built is used as it is.
import { spawnSync } from 'node:child_process';
// Not by name: there is no globSync in a Node that is too old, which the service then tells.
import fs from 'node:fs';

const BUILT = 'dist/main.js';
const SOURCES = [
  'src/**/*.ts',
  'tsconfig*.json',
  'nest-cli.json',
  'package-lock.json',
  'scripts/bundle.js',
];

function isFresh() {
  if (!fs.existsSync(BUILT)) return false;
  const builtAt = fs.statSync(BUILT).mtimeMs;
  return fs.globSync(SOURCES).every((file) => fs.statSync(file).mtimeMs <= builtAt);
}

function canBuild() {
  return fs.existsSync('node_modules/@nestjs/cli');
}

if (!canBuild() && !fs.existsSync(BUILT)) {
  console.error(
    'There is no build, and nothing to build it with. Run: npm ci --include=dev && npm run build',
  );
  process.exit(1);
}
if (canBuild() && !isFresh()) {
  const { status } = spawnSync('npm', ['run', '-s', 'build'], { stdio: 'inherit', shell: true });
  process.exit(status ?? 1);
}
