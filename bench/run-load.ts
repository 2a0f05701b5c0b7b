import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Load, Result } from './load.js';
import type { MixedLoad } from './mixed-load.js';

/** The load has a process of its own, so that its work is not taken for a server's. */
export const runLoad = (load: Load) => run('load', load, load.operation);

export const runMixedLoad = (load: MixedLoad) => run('mixed-load', load, 'mixed load');

async function run(program: string, load: object, name: string): Promise<Result> {
  const child = spawn(
    process.execPath,
    ['--no-warnings', '--import', 'tsx', resolve(`bench/${program}.ts`)],
    { stdio: ['pipe', 'pipe', 'inherit'], env: { NODE_ENV: 'production' } },
  );
  child.stdin.end(JSON.stringify(load));
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'exit')) as [number];
  if (code !== 0) throw new Error(`the load of ${name} has failed`);
  const result = JSON.parse(output) as Result;
  if (result.wrong > 0)
    throw new Error(`${name}: ${result.wrong} wrong answers, such as ${result.example}`);
  return result;
}
