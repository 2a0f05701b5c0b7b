import type { Answer, Call, TestApp } from './test-app.js';
import { ALL_USER_SCOPES } from './test-issuer.js';
import type { TestOperator } from './tenants.js';

/** A tenant with its host and audiences as `TestOperator` has them, and who calls there. */
export class TestTenant {
  private tables: string[] | undefined;

  private constructor(
    readonly app: TestApp,
    readonly id: string,
  ) {}

  static async make(operator: TestOperator, id: string, settings: object = {}) {
    const { status } = await operator.call('POST', '', { id, settings });
    if (status !== 201) throw new Error(`the tenant was answered ${status}`);
    return new TestTenant(operator.app, id);
  }

  get host(): string {
    return `${this.id}.users.test`;
  }

  /** Subject and client are the same in all tenants. */
  token(kind: 'user' | 'management', sub = 'client', claims: object = {}): Promise<string> {
    const scope = kind === 'user' ? ALL_USER_SCOPES : 'all';
    return this.app.issuer.sign({ sub, scope, aud: `urn:${this.id}:${kind[0]}`, ...claims });
  }

  /** Without a token of its own, as a management client of this tenant. */
  call = async ({ headers, token, ...call }: Call): Promise<Answer> =>
    this.app.call({
      ...call,
      token: token ?? (await this.token('management')),
      headers: { host: this.host, ...headers },
    });

  /** Every row of the tenant in every table, with where it lies and who wrote it. */
  async rows(): Promise<string[]> {
    const { client } = this.app.database;
    this.tables ??= (
      await client.query<{ name: string }>(
        `SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
           AND NOT c.relispartition AND a.attname = 'tenant_id' ORDER BY 1`,
      )
    ).rows.map(({ name }) => name);
    const all: string[] = [];
    for (const table of this.tables) {
      const { rows } = await client.query<{ row: string }>(
        `SELECT concat_ws(' ', $2::text, ctid, xmin, to_jsonb(t)) AS row
         FROM ${table} t WHERE tenant_id = $1 ORDER BY 1`,
        [this.id, table],
      );
      all.push(...rows.map(({ row }) => row));
    }
    return all;
  }
}
