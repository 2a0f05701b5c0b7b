import { parseArgs } from 'node:util';
import { ConfigurationError, isProduction, loadEnv } from '../config/env.js';
import { developmentToken } from './development-token.js';

const USAGE = `usage: npm run -s token -- user [sub] [--scope "…"] [--expires-in seconds]
       npm run -s token -- management [--scope "…"] [--expires-in seconds]`;

try {
  console.log(await token(process.argv.slice(2)));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 2;
}

async function token(args: string[]): Promise<string> {
  if (isProduction())
    throw new ConfigurationError('There are no development tokens in production.');
  const env = loadEnv();
  if (env.AUTH_ISSUER)
    throw new ConfigurationError('AUTH_ISSUER is set: tokens come from that issuer.');
  const { kind, sub, scope, expiresIn } = parse(args);
  return developmentToken(env, kind, { sub, scope, expiresIn });
}

function parse(args: string[]) {
  const { values, positionals } = split(args);
  const [kind, sub, ...rest] = positionals;
  const expiresIn = values['expires-in'];
  if (
    (kind !== 'user' && kind !== 'management') ||
    (kind === 'management' && sub !== undefined) ||
    rest.length > 0 ||
    (expiresIn !== undefined && !/^-?\d+$/.test(expiresIn))
  )
    throw new Error(USAGE);
  const seconds = expiresIn === undefined ? undefined : Number(expiresIn);
  return { kind, sub, scope: values.scope, expiresIn: seconds } as const;
}

function split(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: { scope: { type: 'string' }, 'expires-in': { type: 'string' } },
    });
  } catch {
    throw new Error(USAGE);
  }
}
