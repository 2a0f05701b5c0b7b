import type { INestApplication, Type } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Env } from '../config/env.js';
import { EmbeddedPostgres } from '../database/embedded-postgres.js';
import { dataSourceOptions } from '../data-source.js';
import { AppError } from '../errors/app-error.js';
import type { Tenant } from '../tenancy/tenant.js';
import { Tenants } from '../tenancy/tenants.js';
import { UsersService } from '../users/record/users.service.js';
import {
  DATA_FOLDER,
  DevelopmentIssuerModule,
  localUrl,
  useDevelopmentIssuer,
} from './development-issuer.js';
import { DEMO_USER_ID } from './development-token.js';
import { lockFolder } from './folder-lock.js';
import { keepPort } from './kept-port.js';
import { TokenButtonModule, TOKENS_URL } from './token-button.js';

/** What stands in for the settings that were left out. */
export interface Development {
  imports: Type[];
  tokensUrl?: string;
  /** Before the first request. */
  prepare(app: INestApplication): Promise<void>;
  /** What to tell the person who started it. */
  banner(): string;
  stop(): Promise<void>;
}

/** Starts what the environment leaves out and fills in the settings for it. Never in production. */
export async function startDevelopment(env: Env): Promise<Development> {
  const hasOwnIssuer = env.AUTH_ISSUER === undefined;
  if (hasOwnIssuer) useDevelopmentIssuer(env);
  // Of many tenants, it could not tell whose tokens they are to be.
  const hasButton = hasOwnIssuer && env.TENANT_HOSTS.length === 0;
  const postgres = env.DATABASE_URL === undefined ? await startPostgres(env) : undefined;
  return {
    imports: [
      ...(hasOwnIssuer ? [DevelopmentIssuerModule] : []),
      ...(hasButton ? [TokenButtonModule] : []),
    ],
    ...(hasButton && { tokensUrl: TOKENS_URL }),
    prepare: async (app) => {
      const { only } = app.get(Tenants);
      if (postgres && only) await createDemoUser(app.get(UsersService), only);
    },
    banner: () => {
      if (hasOwnIssuer) keepPort(env);
      return banner(env, postgres?.folder, hasOwnIssuer);
    },
    stop: async () => postgres?.stop(),
  };
}

/**
 * Fills in the settings that the environment leaves out, for a command beside the service or without it.
 *
 * @returns what to call at its end
 */
export async function borrowDevelopment(env: Env): Promise<() => Promise<void> | undefined> {
  if (env.AUTH_ISSUER === undefined) useDevelopmentIssuer(env);
  if (env.DATABASE_URL !== undefined) return () => undefined;
  try {
    await lockFolder(DATA_FOLDER);
  } catch {
    // The service runs, and its database with it.
    const postgres = await EmbeddedPostgres.open({ folder: DATA_FOLDER, mustRun: true });
    env.DATABASE_URL = postgres.url();
    return () => undefined;
  }
  const postgres = await startLocked(env);
  return () => postgres.stop();
}

async function startPostgres(env: Env): Promise<EmbeddedPostgres> {
  await lockFolder(DATA_FOLDER);
  const postgres = await startLocked(env);
  postgres.keepRunning();
  return postgres;
}

async function startLocked(env: Env): Promise<EmbeddedPostgres> {
  const onProblem = (message: string) => console.error(message);
  const postgres = await EmbeddedPostgres.open({ folder: DATA_FOLDER, onProblem });
  env.DATABASE_URL = postgres.url();
  try {
    await migrate(env);
  } catch (error) {
    await postgres.stop();
    throw error;
  }
  return postgres;
}

async function migrate(env: Env): Promise<void> {
  const database = await new DataSource(dataSourceOptions(env)).initialize();
  try {
    await database.runMigrations();
  } finally {
    await database.destroy();
  }
}

async function createDemoUser(users: UsersService, { id }: Tenant): Promise<void> {
  try {
    await users.create(id, { username: 'demo', name: 'Demo User' }, { origin: {} }, DEMO_USER_ID);
  } catch (error) {
    // It is there since an earlier start, or somebody took its name: both are fine.
    if (!(error instanceof AppError) || error.status !== 422) throw error;
  }
}

function banner(env: Env, folder: string | undefined, hasTokens: boolean): string {
  const url = localUrl(env);
  const lines = ['', `nameplate   ${url}`, `Swagger UI  ${url}/docs`];
  if (folder) lines.push(`PostgreSQL  embedded, its data is in ${folder}`);
  if (env.TENANT_HOSTS.length > 0) return [...lines, ...tenantLines(env, hasTokens), ''].join('\n');
  if (hasTokens) lines.push('Tokens      npm run -s token -- user | management');
  if (folder && hasTokens)
    lines.push(
      '',
      curl('user', `${url}/api/profile`, '{"name":"Ada Lovelace"}'),
      '',
      curl('management', `${url}/api/users/demo`, '{"primaryEmail":"ada@example.com"}'),
    );
  return [...lines, ''].join('\n');
}

/** There is nobody yet whom a request could be for. */
function tenantLines({ TENANT_HOSTS }: Env, hasTokens: boolean): string[] {
  const prefix = `TENANT_HOSTS='${TENANT_HOSTS.join()}' `;
  const tokens = `Tokens      ${prefix}npm run -s token -- user | management --tenant acme, or operator`;
  return [`Tenants     ${prefix}npm run -s tenant -- add acme`, ...(hasTokens ? [tokens] : [])];
}

const curl = (kind: 'user' | 'management', url: string, body: string) =>
  `curl -X PATCH ${url} -H "Authorization: Bearer $(npm run -s token -- ${kind})" ` +
  `-H "Content-Type: application/json" -d '${body}'`;
