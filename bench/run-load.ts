import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Load, Result } from './load.js';

/** The load has a process of its own, so that its work is not taken for a server's. */
export async function runLoad(load: Load): Promise<Result> {
  const child = spawn(
    process.execPath,
    ['--no-warnings', '--import', 'tsx', resolve('bench/load.ts')],
    { stdio: ['pipe', 'pipe', 'inherit'], env: { NODE_ENV: 'production' } },
  );
  child.stdin.end(JSON.stringify(load));
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'exit')) as [number];
  if (code !== 0) throw new Error(`the load of ${load.operation} has failed`);
  const result = JSON.parse(output) as Result;
  if (result.wrong > 0)
    throw new Error(`${load.operation}: ${result.wrong} wrong answers, such as ${result.example}`);
  return result;
}
