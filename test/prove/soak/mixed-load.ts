import { randomUUID } from 'node:crypto';
import { exchange } from '../exchange.js';
import type { Lab } from '../lab.js';

const CLIENTS = 8;

/** Every kind of request, of good and bad callers, without a pause. */
export class MixedLoad {
  requests = 0;
  private isOver = false;
  private readonly clients: Promise<unknown>;

  constructor(private readonly lab: Lab) {
    this.clients = Promise.all(Array.from({ length: CLIENTS }, (_, n) => this.client(`soak${n}`)));
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.clients;
  }

  private async client(id: string): Promise<void> {
    const { issuer } = this.lab;
    const token = await issuer.managementToken({ exp: Date.now() / 1_000 + 36_000 });
    for (let n = 0; !this.isOver; n += 1) {
      // New tokens, or nothing would ever leave their cache.
      const fresh = n % 5 === 0 ? await issuer.userToken(id, { jti: randomUUID() }) : token;
      const name = `${id}-${n}`;
      const user = `/users/${id}`;
      await this.send(token, 'POST', '/users', { id, name }, { 'idempotency-key': name });
      await this.send(token, 'PATCH', user, { name });
      await this.send(token, 'PATCH', `${user}?dryRun=true`, { name: 'dry' });
      await this.send(token, 'PATCH', `${user}/custom-data`, { customData: { n } });
      await this.send(token, 'PUT', `${user}/identities/github`, { userId: name });
      await this.send(token, 'GET', user);
      await this.send(token, 'GET', `/users?page_size=5&search=${id}%25`);
      await this.send(token, 'GET', `/events?limit=5&after=0&wait=0`);
      await this.send(fresh, 'GET', '/profile');
      await this.send('abc', 'GET', user);
      await this.send(token, 'PATCH', user, { nope: n });
      await this.send(token, 'GET', `/nothing${n}`);
      await this.stream(token);
      if (n % 10 === 9) await this.send(token, 'DELETE', user);
    }
  }

  private async send(
    token: string,
    method: string,
    path: string,
    body?: object,
    more: Record<string, string> = {},
  ): Promise<void> {
    this.requests += 1;
    const headers = {
      ...{ host: 'localhost', authorization: `Bearer ${token}` },
      ...(body && { 'content-type': 'application/json' }),
      ...more,
    };
    await exchange(this.lab.port, {
      ...{ method, path: `/api${path}`, headers: Object.entries(headers) },
      body: body && Buffer.from(JSON.stringify(body)),
    }).catch(() => undefined);
  }

  /** Begins to follow the feed, and goes away. */
  private async stream(token: string): Promise<void> {
    this.requests += 1;
    const gone = new AbortController();
    await fetch(`http://127.0.0.1:${this.lab.port}/api/events`, {
      headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' },
      signal: gone.signal,
    }).catch(() => undefined);
    gone.abort();
  }
}
