import { type Answer, type Call, TestApp } from './test-app.js';

export const OPERATOR_HOST = 'ops.test';
export const OPERATOR_AUDIENCE = 'urn:test:operator';

/** Settings with hosts of tenants, and operators whose tokens the test's own issuer signs. */
export const TENANTS = {
  TENANT_HOSTS: '*.users.test',
  OPERATOR_HOSTS: OPERATOR_HOST,
  OPERATOR_AUDIENCE,
};

/** An instance with tenants, and an operator of it. */
export class TestOperator {
  private constructor(
    readonly app: TestApp,
    private readonly token: string,
  ) {}

  static async start(env: Record<string, string> = {}, shared?: TestApp): Promise<TestOperator> {
    const app = await TestApp.start(
      (issuer) => ({
        ...{ ...TENANTS, OPERATOR_ISSUER: issuer },
        // One issuer of all tenants: they are told apart by their audiences.
        ...{ AUTH_USER_AUDIENCE: 'urn:{tenant}:u', AUTH_MANAGEMENT_AUDIENCE: 'urn:{tenant}:m' },
        ...env,
      }),
      [],
      shared,
    );
    return new TestOperator(app, await operatorToken(app));
  }

  call(method: string, path = '', body?: unknown, more: Partial<Call> = {}): Promise<Answer> {
    const { headers, ...rest } = more;
    return this.app.call({
      ...{ method, url: `/api/tenants${path}`, token: this.token, body },
      headers: { host: OPERATOR_HOST, ...headers },
      ...rest,
    });
  }
}

export const operatorToken = ({ issuer }: TestApp, claims: object = {}) =>
  issuer.sign({ sub: 'op', aud: OPERATOR_AUDIENCE, scope: 'tenants:manage', ...claims });

/** A tenant that is there, written past the API. */
export async function insertTenant(
  { database }: TestApp,
  id: string,
  ...hosts: string[]
): Promise<void> {
  await database.client.query('INSERT INTO tenants (id) VALUES ($1)', [id]);
  for (const host of hosts)
    await database.client.query('INSERT INTO tenant_hosts (host, tenant_id) VALUES ($1, $2)', [
      host,
      id,
    ]);
}
