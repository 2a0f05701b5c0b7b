import { Global, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { DataSource } from 'typeorm';
import { AuthModule } from '../../src/auth/auth.module.js';
import { TenantGuard } from '../../src/auth/tenant.guard.js';
import { TokenGuard } from '../../src/auth/token.guard.js';
import { ConfigModule } from '../../src/config/config.module.js';
import { parseEnv } from '../../src/config/load-env.js';
import { recordRoutes } from '../../src/http/allowed-methods.js';
import { ErrorFilter } from '../../src/http/error.filter.js';
import { createLogger, nestLogger } from '../../src/logging/logger.js';
import { Metrics } from '../../src/metrics/metrics.js';
import { MetricsModule } from '../../src/metrics/metrics.module.js';
import { TenancyModule } from '../../src/tenancy/tenancy.module.js';
import { GateRoutes } from './gate-routes.js';
import { keptLog } from './kept-log.js';
import { MANAGEMENT_AUDIENCE, TestIssuer, USER_AUDIENCE } from './test-issuer.js';

/** Of the one tenant, nothing is read from it. */
@Global()
@Module({
  providers: [{ provide: DataSource, useFactory: () => new DataSource({ type: 'postgres' }) }],
  exports: [DataSource],
})
class NoDatabase {}

export const OPERATORS = { host: 'ops.test', audience: 'urn:test:operator' };

/** The guards of tenant and token before routes of each kind, over HTTP and without a database. */
export class TestGate {
  /** Why each request was refused, for the log. */
  readonly refusals: (string | undefined)[] = [];
  /** What is done before the guards. */
  onRequest: (request: FastifyRequest) => void = () => undefined;

  private constructor(
    readonly app: NestFastifyApplication,
    readonly issuer: TestIssuer,
    readonly metrics: Metrics,
    readonly log: string[],
    private readonly isSecond: boolean,
  ) {}

  /** @param shared one whose issuer this one has, too */
  static async start(env: Record<string, string> = {}, shared?: TestGate): Promise<TestGate> {
    const issuer = shared?.issuer ?? (await TestIssuer.start());
    const { log, logTo } = keptLog();
    const settings = parseEnv({
      AUTH_ISSUER: issuer.url,
      AUTH_USER_AUDIENCE: USER_AUDIENCE,
      AUTH_MANAGEMENT_AUDIENCE: MANAGEMENT_AUDIENCE,
      ...env,
    });
    // Beside a single tenant: hosts of several are in a database.
    Object.assign(settings, {
      OPERATOR_HOSTS: [OPERATORS.host],
      OPERATOR_ISSUER: issuer.url,
      OPERATOR_AUDIENCE: OPERATORS.audience,
    });
    const logger = createLogger(settings, logTo);
    const metrics = new Metrics();
    const ground = [ConfigModule.with(settings), MetricsModule.with(metrics)];
    const app = await NestFactory.create<NestFastifyApplication>(
      {
        module: Gate,
        imports: [...ground, NoDatabase, AuthModule, TenancyModule],
      },
      new FastifyAdapter({ loggerInstance: logger, requestIdHeader: 'x-request-id' }),
      { logger: false },
    );
    app.useLogger(nestLogger(logger));
    const fastify = app.getHttpAdapter().getInstance();
    recordRoutes(fastify);
    fastify.addHook('onRequest', async (request) => gate.onRequest(request));
    fastify.addHook('onResponse', async ({ refusal }) => void gate.refusals.push(refusal));
    const gate = new TestGate(app, issuer, metrics, log, shared !== undefined);
    await app.init();
    return gate;
  }

  async get(url: string, token?: string, headers: Record<string, string> = {}) {
    const response = await this.app.inject({
      method: 'GET',
      url,
      headers: { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...headers },
    });
    return {
      status: response.statusCode,
      headers: response.headers,
      json: response.json(),
    };
  }

  async stop(): Promise<void> {
    await this.app.close();
    if (!this.isSecond) await this.issuer.stop();
  }
}

@Module({
  controllers: [GateRoutes],
  providers: [
    { provide: APP_FILTER, useClass: ErrorFilter },
    { provide: APP_GUARD, useClass: TenantGuard },
    { provide: APP_GUARD, useClass: TokenGuard },
  ],
})
class Gate {}
