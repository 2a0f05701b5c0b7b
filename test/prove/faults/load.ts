import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../lab.js';
import { Follower, readFeed, type Send, Writers } from '../load.js';
import { eventually } from '../programs.js';

const USERS = 8;

/** Milliseconds before what was not done is tried again. */
const PAUSE_MS = 50;

/** Writers, a reader of the feed, and creators that repeat with their key what has no answer. */
export class Load {
  readonly writers: Writers;
  private readonly follower: Follower;
  /** Name → the ids that were answered for it. */
  private readonly created = new Map<string, Set<string>>();
  private readonly creators: Promise<unknown>;
  private isOver = false;

  private constructor(
    private readonly send: Send,
    private readonly token: string,
    private readonly lab: Lab,
  ) {
    this.writers = new Writers(send, users);
    this.follower = new Follower(send);
    this.creators = Promise.all(['a', 'b'].map((name) => this.create(name)));
  }

  static async start(lab: Lab): Promise<Load> {
    const exp = Math.floor(Date.now() / 1000) + 7_200;
    const token = await lab.issuer.managementToken({ exp });
    const send = lab.sender(token);
    for (const id of users) await send('POST', '/users', { id });
    return new Load(send, token, lab);
  }

  /** Waits until so many writes more are acknowledged. */
  async goesOn(what: string): Promise<void> {
    const before = this.writers.written.length;
    await eventually(what, async () => this.writers.written.length >= before + 20, 90);
  }

  /** @returns what is not as promised after all that was done to it */
  async stop(): Promise<string[]> {
    this.isOver = true;
    await this.writers.stop();
    await this.follower.stop();
    await this.creators;
    const feed = await readFeed(this.send);
    const faults: string[] = [];
    const gap = feed.find(({ sequence }, n) => Number(sequence) !== n + 1);
    if (gap) faults.push(`a gap in the feed before ${gap.sequence}`);
    const ids = new Set(feed.map(({ id }) => id));
    if (ids.size !== feed.length) faults.push('an event stands twice in the feed');
    const gone = this.follower.seen.filter(({ id }) => !ids.has(id)).length;
    if (gone > 0) faults.push(`${gone} events that a reader has seen are gone`);
    const names = new Map(
      feed.flatMap(({ data }) =>
        (data.changes ?? []).map((change): [unknown, number | undefined] => [
          change.new,
          data.version,
        ]),
      ),
    );
    for (const { name, etag } of this.writers.written)
      if (`"${names.get(name)}"` !== etag) faults.push(`${name} with ETag ${etag} is lost`);
    const made = feed.filter(({ type }) => type === 'User.Created');
    for (const [name, answered] of this.created) {
      const own = made.filter(({ data }) => data.changes?.some((change) => change.new === name));
      if (own.length !== 1 || answered.size !== 1 || !answered.has(own[0]?.subject ?? ''))
        faults.push(
          `${name} was made ${own.length} times, and answered as ${[...answered].join()}`,
        );
    }
    const odd = [...this.writers.statuses.keys()].filter(
      (status) => ![0, 200, 503].includes(status),
    );
    if (odd.length > 0) faults.push(`writes are answered ${odd.join()}`);
    return faults.slice(0, 5);
  }

  /** Each user until it is there; the last one also once the load is over. */
  private async create(who: string): Promise<void> {
    for (let n = 0; !this.isOver; n += 1) {
      const name = `${who}-${n}`;
      const key = randomUUID();
      const answered = new Set<string>();
      this.created.set(name, answered);
      while (!(await this.made(name, key, answered))) await sleep(PAUSE_MS);
      // A retry of what was answered is answered alike.
      await this.made(name, key, answered);
      await sleep(PAUSE_MS);
    }
  }

  private async made(name: string, key: string, answered: Set<string>): Promise<boolean> {
    try {
      const answer = await fetch(`http://127.0.0.1:${this.lab.port}/api/users`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${this.token}`,
          ...{ 'content-type': 'application/json', 'idempotency-key': key },
        },
        body: JSON.stringify({ name }),
      });
      const { id } = (await answer.json()) as { id: string };
      if (answer.status === 201) answered.add(id);
      return answer.status === 201;
    } catch {
      return false;
    }
  }
}

const users = Array.from({ length: USERS }, (_, n) => `user${n}`);
