import { setFlagsFromString } from 'node:v8';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from './app.js';
import { Realms } from './auth/realms.js';
import { loadEnv, misspelt } from './config/load-env.js';
import { ListenError } from './config/listen-error.js';
import { VERSION } from './config/version.js';
import type { Development } from './dev/development.js';
import { Tenants } from './tenancy/tenants.js';
import { fail } from './explain.js';

/** Milliseconds that a stop may take, also when a database does not answer. */
const DEADLINE_MS = 20_000;

// Percent that what lives may grow until all is collected: V8 lets it grow to four times as much (ADR 12).
setFlagsFromString('--heap-growing-percent=100');

let development: Development | undefined;
let app: NestFastifyApplication | undefined;

const started = start();
stopOnSignal();
try {
  await started;
} catch (error) {
  await development?.stop();
  fail(error);
}

async function start(): Promise<void> {
  const env = loadEnv();
  if (!env.isProduction && env.SECRETS_KEY.length === 0) {
    const { developmentSecretsKeys } = await import('./dev/secrets-key.js');
    env.SECRETS_KEY = developmentSecretsKeys();
  }
  if (!env.DATABASE_URL || !env.AUTH_ISSUER) {
    const { startDevelopment } = await import('./dev/development.js');
    development = await startDevelopment(env);
  }
  const logTo = env.NODE_ENV === 'development' && (await import('./dev/pretty-log.js')).prettyLog();
  app = await createApp(env, { ...development, ...(logTo && { logTo }) });
  const { log } = app.getHttpAdapter().getInstance();
  const unknown = misspelt();
  if (unknown.length > 0) log.warn(unknown.join('; '));
  // From the first answer on, a database that goes away ends nothing.
  await app.init();
  await development?.prepare(app);
  await app.listen({ port: env.PORT, host: env.host }).catch((cause: unknown) => {
    throw new ListenError('PORT', { cause });
  });
  log.info({ version: VERSION, node: process.version }, 'nameplate');
  // A wrong issuer is told now, in the log, and not at the first request.
  const { only } = app.get(Tenants);
  if (only) void app.get(Realms).knowsKeys(only);
  if (development) console.log(development.banner());
}

/**
 * Finishes the running requests, then stops what development started. A signal in the middle of the
 * start waits for its end; a second one changes nothing (npm passes on what a terminal already sent).
 */
function stopOnSignal(): void {
  let stopping: Promise<void> | undefined;
  const stop = async () => {
    await started;
    setTimeout(() => fail(new Error('it could not stop in time')), DEADLINE_MS).unref();
    await app?.close();
    await development?.stop();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => {
      stopping ??= stop().then(() => process.exit(0), fail);
    });
}
