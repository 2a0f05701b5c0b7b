import type { Client } from 'pg';

/** The first day of the month that lies so many months back, in SQL. */
const month = (back: number) =>
  `(date_trunc('month', now(), 'UTC') AT TIME ZONE 'UTC' - interval '${back} months') AT TIME ZONE 'UTC'`;

/** As in a database that has been there for so many months: each has a partition, and there is none before them. */
export async function makeMonths(client: Client, count: number): Promise<void> {
  await client.query('DROP TABLE user_events_first');
  for (let back = 0; back < count; back += 1)
    await client.query(
      `SELECT make_event_partition('user_events_' || to_char(${month(back)} AT TIME ZONE 'UTC', 'YYYY_MM'),
         format('FOR VALUES FROM (%L) TO (%L)', ${month(back)}, ${month(back - 1)}))`,
    );
}

/** Moves events of the feed into the middle of that month. */
export async function moveEvents(
  client: Client,
  back: number,
  { tenant = 'default', from = 0, to = 1e9 }: { tenant?: string; from?: number; to?: number } = {},
): Promise<void> {
  // Nodes of Citus work out no time of a column when it is set.
  const { rows } = await client.query<{ sequence: string; at: string }>(
    `SELECT sequence, (${month(back)} + interval '14 days'
       + (occurred_at - ${month(0)}) / 1000)::text AS at FROM user_events
     WHERE tenant_id = $1 AND sequence > $2 AND sequence <= $3`,
    [tenant, from, to],
  );
  for (const { sequence, at } of rows)
    await client.query(
      'UPDATE user_events SET occurred_at = $3 WHERE tenant_id = $1 AND sequence = $2',
      [tenant, sequence, at],
    );
}

/** Months with a partition, by how far each lies back (this one is 0), and how many events are in it. */
export async function months(client: Client): Promise<Record<string, number>> {
  const { rows } = await client.query<{ name: string; back: number }>(
    `SELECT name, (extract(year FROM age(${month(0)}, since)) * 12
       + extract(month FROM age(${month(0)}, since)))::integer AS back
     FROM event_partitions() ORDER BY since DESC`,
  );
  const counted: Record<string, number> = {};
  for (const { name, back } of rows) counted[back] = await countEvents(client, name);
  return counted;
}

export async function countEvents(client: Client, table: string): Promise<number> {
  const { rows } = await client.query<{ n: number }>(`SELECT count(*)::integer AS n FROM ${table}`);
  return rows[0]?.n ?? 0;
}
