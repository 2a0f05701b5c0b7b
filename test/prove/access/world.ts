import { OPERATOR_AUDIENCE, OPERATOR_HOST } from '../../support/tenants.js';
import { ALL_USER_SCOPES, type Claims } from '../../support/test-issuer.js';
import { Digest } from '../digest.js';
import { type Answer, exchange, type Sent, toCurl } from '../exchange.js';
import type { Kind, Operation } from '../fuzz/operations.js';
import { Lab } from '../lab.js';

export type Tenant = 'acme' | 'globex';
export type CallerKind = Exclude<Kind, 'public'>;

/** A service with two tenants that have the same issuer, and an operator. */
export class World {
  private constructor(
    readonly lab: Lab,
    readonly digest: Digest,
  ) {}

  static async start(): Promise<World> {
    const lab = await Lab.start({
      env: (issuer) => ({
        ...{ TENANT_HOSTS: '*.users.test', BACKGROUND_WORK: 'off' },
        ...{ AUTH_USER_AUDIENCE: 'urn:{tenant}:u', AUTH_MANAGEMENT_AUDIENCE: 'urn:{tenant}:m' },
        ...{ OPERATOR_HOSTS: OPERATOR_HOST, OPERATOR_ISSUER: issuer, OPERATOR_AUDIENCE },
      }),
    });
    await lab.database.client.query(`INSERT INTO tenants (id) VALUES ('acme'), ('globex')`);
    const world = new World(lab, await Digest.of(lab.database.client));
    for (const tenant of ['acme', 'globex'] as const) {
      const body = Buffer.from(JSON.stringify({ id: 'u1', name: `Name of ${tenant}` }));
      await world.send({ method: 'POST', path: '/api/users', body }, 'management', { tenant });
    }
    // The first reader numbers the events, the second one notes where the database is.
    for (const path of ['/api/events', '/api/events'])
      await world.send({ method: 'GET', path }, 'management', {});
    return world;
  }

  claims(kind: CallerKind, tenant: Tenant = 'acme', scope?: string): Claims {
    if (kind === 'operator')
      return { sub: 'op', aud: OPERATOR_AUDIENCE, scope: scope ?? 'tenants:manage' };
    const all = kind === 'user' ? ALL_USER_SCOPES : 'all';
    return { sub: 'u1', aud: `urn:${tenant}:${kind[0]}`, scope: scope ?? all };
  }

  token(kind: CallerKind, tenant?: Tenant, scope?: string): Promise<string> {
    return this.lab.issuer.sign(this.claims(kind, tenant, scope));
  }

  /** Sends it as it is, to the host that the operations of this kind are on. */
  async ask(sent: Omit<Sent, 'headers'>, to: Kind, authorization?: string): Promise<Answer> {
    return exchange(this.lab.port, this.made(sent, to, authorization));
  }

  /** As `ask`, for a shell. */
  curl(sent: Omit<Sent, 'headers'>, to: Kind, authorization?: string): string {
    return toCurl(this.lab.port, this.made(sent, to, authorization));
  }

  private made(sent: Omit<Sent, 'headers'>, to: Kind, authorization?: string): Sent {
    return {
      ...sent,
      headers: [
        ['Host', to === 'operator' ? OPERATOR_HOST : 'acme.users.test'],
        ...(authorization === undefined ? [] : [pair('Authorization', authorization)]),
        ...(sent.body ? [pair('Content-Type', 'application/json')] : []),
      ],
    };
  }

  private async send(
    sent: Omit<Sent, 'headers'>,
    kind: CallerKind,
    { tenant = 'acme' }: { tenant?: Tenant },
  ): Promise<void> {
    const authorization = `Bearer ${await this.token(kind, tenant)}`;
    const { headers } = this.made(sent, kind, authorization);
    const own = headers.map(([name, value]) =>
      pair(name, name === 'Host' ? `${tenant}.users.test` : value),
    );
    await exchange(this.lab.port, { ...sent, headers: own });
  }
}

const pair = (name: string, value: string): [string, string] => [name, value];

/** The path of an operation about what is there. */
export const pathOf = ({ path }: Operation, userId = 'u1') =>
  path
    .replace('{userId}', userId)
    .replace('{tenantId}', 'initech')
    .replace(/\{\w+\}/g, 'x');

/** A body that nobody gets through with: who is refused for it was let in. */
export const BROKEN = Buffer.from('{"name":');
