import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Load, Result, TimedResult } from './load.js';
import type { MixedLoad, MixedResult } from './mixed-load.js';

/** @throws Error also when an answer was not what was asked for */
export const runLoad = async (load: Load) => right(await tryLoad(load), load.operation);

/** @throws Error as `runLoad` does */
export const runMixedLoad = async (load: MixedLoad) =>
  right(await run<MixedResult>('mixed-load', load), 'mixed load');

/** Answers are not looked at. */
export const tryLoad = (load: Load) => run<TimedResult>('load', load);

function right<Some extends Result>(result: Some, name: string): Some {
  if (result.wrong > 0)
    throw new Error(`${name}: ${result.wrong} wrong answers, such as ${result.example}`);
  return result;
}

/** The load has a process of its own, so that its work is not taken for a server's. */
async function run<Some extends Result>(program: string, load: object): Promise<Some> {
  const child = spawn(
    process.execPath,
    ['--no-warnings', '--import', 'tsx', resolve(`bench/${program}.ts`)],
    { stdio: ['pipe', 'pipe', 'inherit'], env: { NODE_ENV: 'production' } },
  );
  child.stdin.end(JSON.stringify(load));
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'exit')) as [number];
  if (code !== 0) throw new Error(`bench/${program}.ts has failed`);
  return JSON.parse(output) as Some;
}
