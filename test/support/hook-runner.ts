import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { expect } from '@jest/globals';
import { Recipe, reportSignIn } from './recipes.js';

/** How a provider calls its hook: with a request, or an event of its own; and what is exported to it. */
export interface HookCall {
  name?: string;
  event?: object;
  request?: { method?: string; url?: string; headers?: Record<string, string>; body?: string };
}

const CLERK = `export const createClerkClient = ({ machineSecretKey }) => ({
  m2m: {
    createToken: async ({ tokenFormat }) => {
      if (machineSecretKey !== 'ak_1' || tokenFormat !== 'jwt') throw new Error('not as documented');
      return { token: process.env.TOKEN };
    },
  },
});`;

const CLERK_WEBHOOKS = `import { Webhook } from 'standardwebhooks';
export const verifyWebhook = async (request) => {
  const headers = Object.fromEntries(
    ['id', 'timestamp', 'signature'].map((name) => ['webhook-' + name, request.headers.get('svix-' + name)]),
  );
  return new Webhook(process.env.CLERK_WEBHOOK_SIGNING_SECRET).verify(await request.text(), headers);
};`;

const aPackage = (name: string, exports: Record<string, string>): Record<string, string> => ({
  [`node_modules/${name}/package.json`]: JSON.stringify({ name, type: 'module', exports }),
});

/** What hooks use of their provider's packages, which are not installed here. */
const STAND_INS: Record<string, string> = {
  ...aPackage('firebase-functions', { './identity': './identity.js' }),
  'node_modules/firebase-functions/identity.js':
    'export const beforeUserSignedIn = (options, handler) => handler;',
  ...aPackage('@clerk/backend', { '.': './index.js', './webhooks': './webhooks.js' }),
  'node_modules/@clerk/backend/index.js': CLERK,
  'node_modules/@clerk/backend/webhooks.js': CLERK_WEBHOOKS,
};

const RUNNER = `const [file, json] = process.argv.slice(2);
const { name = 'POST', event, request } = JSON.parse(json);
const hooks = await import(file);
const asked = request && new Request(request.url ?? 'https://hook.example/', { method: 'POST', ...request });
const answer = await (hooks[name] ?? hooks.default[name])(event ?? asked);
const { status } = answer instanceof Response ? answer : {};
console.log(JSON.stringify(status ? { status, body: await answer.text() } : { value: answer }));`;

/** Runs the hook of a page, as it stands there, in a Node of its own. */
export async function runHook(page: string, call: HookCall, env: Record<string, string>) {
  const { hook } = new Recipe(page);
  // Auth0's Actions are one file each.
  const isAction = hook.includes('exports.');
  const file = isAction ? 'hook.cjs' : 'hook.mjs';
  const pasted = reportSignIn.replace('export function', 'function');
  const folder = mkdtempSync(join(tmpdir(), 'nameplate-hook-'));
  const files = {
    ...STAND_INS,
    'package.json': '{"type":"module"}',
    'report-sign-in.js': reportSignIn,
    'runner.mjs': RUNNER,
    [file]: isAction ? `${pasted}\n${hook}` : hook,
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  for (const name of ['jose', 'standardwebhooks'])
    symlinkSync(resolve('node_modules', name), join(folder, 'node_modules', name));
  const child = spawn(process.execPath, ['runner.mjs', `./${file}`, JSON.stringify(call)], {
    cwd: folder,
    env,
  });
  let [output, errors] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  await new Promise((done) => child.once('close', done));
  rmSync(folder, { recursive: true });
  expect(errors).toBe('');
  const last = output.trim().split('\n').at(-1) ?? '';
  return JSON.parse(last) as { status?: number; body?: string; value?: unknown };
}
