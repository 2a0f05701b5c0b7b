import type { Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from '../../src/app.js';
import { parseEnv } from '../../src/config/load-env.js';
import { GENEROUS_LIMITS } from './generous-limits.js';
import { keptLog } from './kept-log.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';
import { MANAGEMENT_AUDIENCE, TestIssuer, USER_AUDIENCE } from './test-issuer.js';

// Of a plugin that has no name, as that of Swagger UI, Fastify looks through all modules that are loaded,
// which takes a tenth of a second in Jest.
Object.defineProperty(Function.prototype, Symbol.for('fastify.display-name'), {
  value: 'plugin',
  writable: true,
});

/** 32 bytes, as SECRETS_KEY has them. */
export const SECRETS_KEY = Buffer.alloc(32, 'nameplate').toString('base64');

export interface Call {
  method: string;
  url: string;
  token?: string | undefined;
  /** Sent as JSON; a string or Buffer is sent as it is. */
  body?: unknown;
  headers?: Record<string, string> | undefined;
}

export interface Answer {
  status: number;
  headers: Record<string, string | undefined>;
  text: string;
  json: any;
  /** Path and query of `Link` with `rel="next"`, and of `Location`, from where the request went. */
  next: string | undefined;
  location: string | undefined;
}

/** The service as main starts it, with its own database and issuer. */
export class TestApp {
  private constructor(
    readonly app: NestFastifyApplication,
    readonly database: TestDatabase,
    readonly issuer: TestIssuer,
    readonly log: string[],
    private readonly isSecond: boolean,
  ) {}

  /**
   * @param env settings, perhaps by the issuer's address
   * @param shared an instance whose database and issuer this one has, too
   */
  static async start(
    env: Record<string, string> | ((issuer: string) => Record<string, string>) = {},
    imports: Type[] = [],
    shared?: TestApp,
  ): Promise<TestApp> {
    const { database, issuer } = shared ?? {
      database: await createTestDatabase(),
      issuer: await TestIssuer.start(),
    };
    const { log, logTo } = keptLog();
    const settings = {
      DATABASE_URL: database.url,
      AUTH_ISSUER: issuer.url,
      AUTH_USER_AUDIENCE: USER_AUDIENCE,
      AUTH_MANAGEMENT_AUDIENCE: MANAGEMENT_AUDIENCE,
      SECRETS_KEY,
      BACKGROUND_WORK: 'off',
      ...GENEROUS_LIMITS,
      ...(typeof env === 'function' ? env(issuer.url) : env),
    };
    const app = await createApp(parseEnv(settings), { logTo, imports });
    await app.getHttpAdapter().getInstance().ready();
    return new TestApp(app, database, issuer, log, shared !== undefined);
  }

  async call({ method, url, token, body, headers = {} }: Call): Promise<Answer> {
    const raw = typeof body === 'string' || Buffer.isBuffer(body);
    const response = await this.app.inject({
      method: method as 'GET',
      url,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body !== undefined && { payload: raw ? body : JSON.stringify(body) }),
    });
    const text = response.payload;
    const { link, location } = response.headers as Record<string, string | undefined>;
    const resolved = (reference: string | undefined) => {
      if (reference === undefined) return undefined;
      const { pathname, search } = new URL(reference, new URL(url, 'http://service'));
      return pathname + search;
    };
    return {
      status: response.statusCode,
      headers: response.headers as Record<string, string | undefined>,
      text,
      next: resolved(/<([^>]*)>; rel="next"/.exec(link ?? '')?.[1]),
      location: resolved(location),
      json: text.startsWith('{') ? (JSON.parse(text) as unknown) : undefined,
    };
  }

  /** Every column of a user, as text: what «the row is byte-identical» compares. */
  async row(id: string): Promise<string | undefined> {
    const { rows } = await this.database.client.query<{ row: string }>(
      `SELECT ctid || xmin::text || to_jsonb(u)::text AS row FROM users u WHERE id = $1`,
      [id],
    );
    return rows[0]?.row;
  }

  async stop(): Promise<void> {
    await this.app.close();
    if (this.isSecond) return;
    await this.issuer.stop();
    await this.database.drop();
  }
}
