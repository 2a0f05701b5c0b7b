import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Load, Result } from './load.js';

/** The load has a process of its own, so that its work is not taken for a server's. */
export async function runLoad(load: Load): Promise<Result> {
  const child = spawn(
    process.execPath,
    ['--no-warnings', '--import', 'tsx', resolve('bench/load.ts')],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { LOAD: JSON.stringify(load), NODE_ENV: 'production' },
    },
  );
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'exit')) as [number];
  if (code !== 0) throw new Error(`the load of ${load.operation} has failed`);
  return JSON.parse(output) as Result;
}
