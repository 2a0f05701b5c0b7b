import { etagOf, type Event, NameplateClient } from '@nameplate/client';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Pool } from 'pg';

/** What a mirror needs of an event: who changed, and in which order. */
interface Look {
  subject: string;
  sequence: string;
}

/**
 * A copy of all users. An event only says that a user changed; the mirror then asks for the user as
 * it is now and keeps, with it, the sequence of the event. An event that comes late, twice, or by both
 * ways at once cannot put an older state over a newer one: its sequence is not higher.
 */
@Injectable()
export class Mirror implements OnModuleInit, OnModuleDestroy {
  constructor(
    private readonly pool: Pool,
    private readonly nameplate: NameplateClient,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.pool.query(`
      CREATE TABLE IF NOT EXISTS mirrored_users (
        id varchar(255) PRIMARY KEY,
        sequence bigint NOT NULL,
        version bigint,
        profile jsonb
      );
      CREATE TABLE IF NOT EXISTS mirror_position (
        id integer PRIMARY KEY DEFAULT 1 CHECK (id = 1),
        after bigint NOT NULL
      )`);
  }

  async onModuleDestroy(): Promise<void> {
    await this.pool.end();
  }

  async apply(event: Event): Promise<void> {
    if (event.type !== 'Feed.Reset') return this.update(event);
    const { rows } = await this.pool.query(
      'SELECT 1 FROM mirrored_users WHERE sequence > $1 AND sequence < $2 LIMIT 1',
      [event.data.after, event.sequence],
    );
    // Only who has seen what is lost has to mend anything.
    if (rows.length > 0) await this.readAnew();
  }

  /** Brings all users up to date. Answers the place in the feed to go on behind. */
  async readAnew(): Promise<string> {
    const sequence = await this.nameplate.lastSequence();
    for await (const { id } of this.nameplate.users.list())
      await this.update({ subject: id, sequence });
    // Those who are left are no more, or were never there.
    const { rows } = await this.pool.query<{ id: string }>(
      'SELECT id FROM mirrored_users WHERE sequence < $1',
      [sequence],
    );
    for (const { id } of rows) await this.update({ subject: id, sequence });
    return sequence;
  }

  /** Brings one user up to date, at least to the state that the event tells of. */
  private async update({ subject, sequence }: Look): Promise<void> {
    const { rows } = await this.pool.query(
      'SELECT 1 FROM mirrored_users WHERE id = $1 AND sequence >= $2',
      [subject, sequence],
    );
    if (rows.length > 0) return;
    const user = await this.nameplate.users.find(subject);
    const version = user && etagOf(user)?.replaceAll('"', '');
    await this.pool.query(
      `INSERT INTO mirrored_users AS m (id, sequence, version, profile) VALUES ($1, $2, $3, $4)
       ON CONFLICT (id) DO UPDATE
         SET sequence = excluded.sequence, version = excluded.version, profile = excluded.profile
       WHERE m.sequence < excluded.sequence`,
      [subject, sequence, version ?? null, user ? JSON.stringify(user) : null],
    );
  }

  /** The sequence behind which the feed goes on; survives a restart. */
  async position(): Promise<string> {
    const { rows } = await this.pool.query<{ after: string }>('SELECT after FROM mirror_position');
    return rows[0]?.after ?? '0';
  }

  async moveTo(after: string): Promise<void> {
    await this.pool.query(
      `INSERT INTO mirror_position (after) VALUES ($1)
       ON CONFLICT (id) DO UPDATE SET after = excluded.after`,
      [after],
    );
  }
}
