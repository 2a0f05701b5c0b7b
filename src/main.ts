import { createApp } from './app.js';
import { ConfigurationError, loadEnv } from './config/env.js';
import type { Development } from './dev/development.js';

try {
  await start();
} catch (error) {
  console.error(explain(error));
  process.exit(1);
}

async function start(): Promise<void> {
  const env = loadEnv();
  let development: Development | undefined;
  if (!env.DATABASE_URL || !env.AUTH_ISSUER) {
    const { startDevelopment } = await import('./dev/development.js');
    development = await startDevelopment(env);
  }
  try {
    const app = await createApp(env, { imports: development?.imports ?? [] });
    await app.listen({ port: env.PORT, host: env.host });
    stopOnSignal(() => app.close().finally(() => development?.stop()));
    if (development) console.log(await development.banner(app));
  } catch (error) {
    await development?.stop();
    throw error;
  }
}

/** A signal may come twice (npm passes on what the terminal has already sent): one stop is enough. */
function stopOnSignal(stop: () => Promise<void>): void {
  let stopping = false;
  const onSignal = () => {
    if (stopping) return;
    stopping = true;
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(explain(error));
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, onSignal);
}

function explain(error: unknown): string {
  if (error instanceof ConfigurationError)
    return `The configuration is not usable.\n${error.message}`;
  const { code, message, port } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE')
    return `Port ${port} is taken by another process. Set PORT to another.`;
  return `nameplate could not start: ${message}`;
}
