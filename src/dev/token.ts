import { parseArgs } from 'node:util';
import { ConfigurationError } from '../config/configuration-error.js';
import { isProduction, loadEnv } from '../config/load-env.js';
import { TENANT_ID } from '../config/tenant-template.js';
import { developmentIssuer, useDevelopmentIssuer } from './development-issuer.js';
import { developmentToken } from './development-token.js';
import { keptPort } from './kept-port.js';

const USAGE = `usage: npm run -s token -- user [sub] [--scope "…"] [--expires-in seconds]
       npm run -s token -- management [--scope "…"] [--expires-in seconds]
       npm run -s token -- operator [--scope "…"] [--expires-in seconds]
With TENANT_HOSTS, tokens of users and of management say whose they are: --tenant id`;

try {
  console.log(await token(process.argv.slice(2)));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 2;
}

async function token(args: string[]): Promise<string> {
  if (isProduction())
    throw new ConfigurationError('There are no development tokens in production.');
  const env = loadEnv(keptPort());
  if (env.AUTH_ISSUER)
    throw new ConfigurationError('AUTH_ISSUER is set: tokens come from that issuer.');
  const { kind, tenant, sub, scope, expiresIn } = parse(args);
  const hasTenants = env.TENANT_HOSTS.length > 0;
  if ((kind !== 'operator' && hasTenants) !== (tenant !== undefined)) throw new Error(USAGE);
  useDevelopmentIssuer(env);
  if (kind === 'operator' && env.OPERATOR_ISSUER !== developmentIssuer(env))
    throw new ConfigurationError(
      hasTenants
        ? 'OPERATOR_ISSUER is set: tokens come from that issuer.'
        : 'TENANT_HOSTS: is not set, so there are no operators.',
    );
  return developmentToken(env, kind, { tenant, sub, scope, expiresIn });
}

function parse(args: string[]) {
  const { values, positionals } = split(args);
  const [kind, sub, ...rest] = positionals;
  const expiresIn = values['expires-in'];
  if (
    (kind !== 'user' && kind !== 'management' && kind !== 'operator') ||
    (kind !== 'user' && sub !== undefined) ||
    rest.length > 0 ||
    (values.tenant !== undefined && !TENANT_ID.test(values.tenant)) ||
    (expiresIn !== undefined && !/^-?\d+$/.test(expiresIn))
  )
    throw new Error(USAGE);
  const seconds = expiresIn === undefined ? undefined : Number(expiresIn);
  const { tenant, scope } = values;
  return { kind, tenant, sub, scope, expiresIn: seconds } as const;
}

function split(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        scope: { type: 'string' },
        tenant: { type: 'string' },
        'expires-in': { type: 'string' },
      },
    });
  } catch {
    throw new Error(USAGE);
  }
}
