import { OPERATOR_AUDIENCE, OPERATOR_HOST } from '../../support/tenants.js';
import { Digest } from '../digest.js';
import { type Answer, exchange, type Sent, toCurl } from '../exchange.js';
import { Lab } from '../lab.js';
import { faultOf } from './judge.js';
import { HOOK_ID, IDS, type Wish } from './requests.js';

/** Requests after which what is there is made again. */
const REFRESH = 40;

type Tokens = Record<Wish['caller'], string | undefined>;

/** Sends what is wished for, and looks at the answer and at the database. */
export class Fuzzer {
  cases = 0;
  readonly statuses = new Map<number, number>();
  /** Faults that are told already, by what they are. */
  readonly known = new Set<string>();
  /** The fault that was told last. */
  last = '';
  private before = '';
  private hookId = '';

  private constructor(
    private readonly lab: Lab,
    private readonly digest: Digest,
    private readonly tokens: Tokens,
  ) {}

  static async start(): Promise<Fuzzer> {
    const lab = await Lab.start({
      env: (issuer) => ({
        ...{ TENANT_HOSTS: '*.users.test', BACKGROUND_WORK: 'off' },
        ...{ OPERATOR_HOSTS: OPERATOR_HOST, OPERATOR_ISSUER: issuer, OPERATOR_AUDIENCE },
      }),
    });
    const { client } = lab.database;
    await client.query(`INSERT INTO tenants (id) VALUES ('default'), ('acme'), ('globex')`);
    await client.query(`INSERT INTO tenant_hosts VALUES ('localhost', 'default')`);
    return new Fuzzer(lab, await Digest.of(client), await tokensOf(lab));
  }

  /** @throws Error that tells what is wrong, with a line for a shell */
  async try(wish: Wish): Promise<void> {
    if (this.cases++ % REFRESH === 0) await this.refresh();
    const sent = this.fill(wish);
    // Of a refusal, too, the answer is kept for who asks again.
    const without = wish.hasKey ? 'public.idempotency_keys' : '';
    const before = without ? await this.digest.take(without) : this.before;
    const answer = await exchange(this.lab.port, sent);
    const { status } = answer;
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    const isWrite = status < 300 && !wish.isDry && !['GET', 'HEAD'].includes(wish.method);
    const after = await this.digest.take(without);
    const written = !isWrite && after !== before ? `${status} has written something` : undefined;
    if (isWrite || without || written) await this.settle();
    const fault = faultOf(wish, answer) ?? written;
    if (fault === undefined) return;
    this.last = `${wish.operation.id} ${fault.slice(0, 50)}`;
    if (this.known.has(this.last)) return;
    const said = answer.body.toString().slice(0, 400);
    throw new Error(
      `${wish.operation.id}: ${fault}\n${toCurl(this.lab.port, sent)}\n${status} ${said}`,
    );
  }

  async stop(): Promise<void> {
    await this.lab.stop();
  }

  private fill(wish: Wish): Sent {
    const token = this.tokens[wish.caller];
    const host = wish.operation.kind === 'operator' ? OPERATOR_HOST : 'localhost';
    const own: Sent['headers'] = [['Host', host]];
    if (token !== undefined) own.push(['Authorization', token]);
    return {
      method: wish.method,
      path: wish.path.replace(HOOK_ID, this.hookId),
      body: wish.body,
      headers: [...own, ...wish.headers],
    };
  }

  /** Users, a hook and a delivery that requests can be about. */
  private async refresh(): Promise<void> {
    for (const id of IDS) {
      await this.ask('POST', '/users', { id });
      await this.ask('PATCH', `/users/${id}/is-suspended`, { isSuspended: false });
    }
    await this.lab.database.client.query('DELETE FROM hooks');
    const hook = await this.ask('POST', '/hooks', { url: 'https://127.0.0.1:1/' });
    this.hookId = (JSON.parse(hook.body.toString()) as { id: string }).id;
    await this.settle();
  }

  /** A reader of the feed gives events their numbers: not a part of the next request. */
  private async settle(): Promise<void> {
    await this.ask('GET', '/events?limit=1');
    this.before = await this.digest.take();
  }

  private async ask(method: string, path: string, body?: object): Promise<Answer> {
    return exchange(this.lab.port, {
      ...{ method, path: `/api${path}`, body: body && Buffer.from(JSON.stringify(body)) },
      headers: [
        ['Host', 'localhost'],
        ['Authorization', this.tokens.management ?? ''],
        ...(body ? [['Content-Type', 'application/json'] as [string, string]] : []),
      ],
    });
  }
}

async function tokensOf({ issuer }: Lab): Promise<Tokens> {
  const exp = Math.floor(Date.now() / 1000) + 7_200;
  const operator = { sub: 'op', aud: OPERATOR_AUDIENCE, scope: 'tenants:manage', exp };
  return {
    ...{ public: undefined, nobody: undefined, stranger: 'Bearer abc.def.ghi' },
    user: `Bearer ${await issuer.userToken('u1', { exp })}`,
    management: `Bearer ${await issuer.managementToken({ exp })}`,
    operator: `Bearer ${await issuer.sign(operator)}`,
  };
}
