import './require-node.js';
import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { ConfigurationError } from './config/configuration-error.js';
import { isProduction, loadEnv } from './config/load-env.js';
import { dataSourceOptions } from './data-source.js';
import { AppError } from './errors/app-error.js';
import { fail } from './explain.js';
import { runTenantCommand, UsageError } from './tenants/tenant-command.js';
import { TenantsService } from './tenants/tenants.service.js';
import { BodyPipe } from './http/body.pipe.js';

/** `npm run tenant`: what the operator API does, for who has the settings and the database. */
try {
  console.log(await tenant(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof AppError || error instanceof UsageError)) fail(error);
  console.error(error.message);
  process.exitCode = 2;
}

async function tenant(args: string[]): Promise<string> {
  const kept = isProduction() ? {} : (await import('./dev/kept-port.js')).keptPort();
  const env = loadEnv(kept);
  if (env.TENANT_HOSTS.length === 0)
    throw new ConfigurationError('TENANT_HOSTS: is not set, so there are no tenants but one');
  const giveBack = env.isProduction
    ? undefined
    : await (await import('./dev/development.js')).borrowDevelopment(env);
  try {
    const database = await new DataSource(dataSourceOptions(env)).initialize();
    try {
      const tenants = new TenantsService(database, env);
      return await runTenantCommand(tenants, new BodyPipe(env), args);
    } finally {
      await database.destroy();
    }
  } finally {
    await giveBack?.();
  }
}
