import { setTimeout as sleep } from 'node:timers/promises';
import { exchange } from '../exchange.js';
import { Lab } from '../lab.js';
import { readFeed } from '../load.js';
import type { Row } from '../part.js';

const CLIENTS = 16;

/** SIGTERM under load: what was sent is answered, or its connection was refused. */
export async function shutdown(): Promise<Row> {
  const lab = await Lab.start();
  const second = await Lab.start({}, lab);
  const token = await lab.issuer.managementToken();
  const send = lab.sender(token);
  const acknowledged: string[] = [];
  const faults: string[] = [];
  const outcomes = new Map<string, number>();
  let isOver = false;
  try {
    for (let n = 0; n < CLIENTS; n += 1) await send('POST', '/users', { id: `u${n}` });
    const client = async (id: string) => {
      for (let n = 0; !isOver; n += 1) {
        const name = `${id}-${n}`;
        const outcome = await patch(lab.port, token, id, name);
        if (outcome === '200') acknowledged.push(name);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        if (outcome === 'ECONNREFUSED') return;
      }
    };
    const clients = Promise.all(Array.from({ length: CLIENTS }, (_, n) => client(`u${n}`)));
    await sleep(500);
    lab.signal('SIGTERM');
    await lab.ended();
    await sleep(200);
    isOver = true;
    await clients;
    for (const outcome of outcomes.keys())
      if (!['200', 'ECONNREFUSED'].includes(outcome))
        faults.push(`${outcomes.get(outcome)} requests end with ${outcome}`);
    const feed = await readFeed(second.sender(token));
    const names = new Set(feed.flatMap(({ data }) => data.changes ?? []).map((one) => one.new));
    const lost = acknowledged.filter((one) => !names.has(one)).length;
    if (lost > 0) faults.push(`${lost} acknowledged writes are lost`);
  } finally {
    isOver = true;
    await second.stop();
    await lab.stop();
  }
  const note = [...outcomes].map((pair) => pair.join(': ')).join(', ');
  return {
    claim: 'SIGTERM: each request is answered or its connection refused',
    ...{ cases: acknowledged.length, faults, note },
  };
}

async function patch(port: number, token: string, id: string, name: string): Promise<string> {
  try {
    const { status } = await exchange(port, {
      ...{ method: 'PATCH', path: `/api/users/${id}` },
      headers: [
        ['Host', 'localhost'],
        ['Authorization', `Bearer ${token}`],
        ['Content-Type', 'application/json'],
      ],
      body: Buffer.from(JSON.stringify({ name })),
    });
    return String(status);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}
