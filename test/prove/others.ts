import { setTimeout as sleep } from 'node:timers/promises';
import type { TimedResult } from '../../bench/load.js';
import { tryLoad } from '../../bench/run-load.js';
import type { TestIssuer } from '../support/test-issuer.js';

export const USERS = 100_000;

/** Clients, each of which asks for less than its limit. */
const OTHERS = 8;

/** Milliseconds since 1970. */
export type Period = [from: number, to: number];

export interface Served {
  url: string;
  issuer: TestIssuer;
}

/** The others change names of any users, one request behind the other. */
export async function patches({ issuer, url }: Served, seconds: number): Promise<TimedResult> {
  const clients = Array.from({ length: OTHERS }, (_, n) => ({ client_id: `others-${n}` }));
  const tokens = await Promise.all(clients.map((client) => issuer.managementToken(client)));
  return tryLoad({ url, operation: 'patch-name', tokens, users: USERS, connections: 32, seconds });
}

export async function period(milliseconds: number): Promise<Period> {
  const from = Date.now();
  await sleep(milliseconds);
  return [from, Date.now()];
}

/** Answers a second that were as they should be, in all of these periods, from where the load has begun. */
export function rate({ startedAt, tenths }: TimedResult, periods: Period[]): number {
  const isIn = (at: number) => periods.some(([from, to]) => from <= at && at < to);
  const right = tenths.filter((_, n) => isIn(startedAt + 100 * n));
  const lengths = periods.map(([from, to]) => to - Math.max(from, startedAt));
  return (1_000 * sum(right)) / sum(lengths);
}

const sum = (numbers: number[]) => numbers.reduce((all, one) => all + one, 0);
