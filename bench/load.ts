import { text } from 'node:stream/consumers';
import autocannon from 'autocannon';
import { OPERATIONS } from './operations.js';

/** What one run of the load is, from its standard input. */
export interface Load {
  url: string;
  operation: string;
  /** Of several, each request has the next one. */
  tokens: string[];
  /** Requests, in place of seconds. */
  amount?: number;
  users: number;
  connections: number;
  seconds: number;
  /** Requests a second; undefined = as many as are answered. */
  rate?: number;
}

/** What came of it. */
export interface Result {
  requests: number;
  seconds: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  /** The same of the answers that were what was asked for. */
  right99: number;
  /** Answers that were not what was asked for, and the first of them. */
  wrong: number;
  example: string | undefined;
}

/** When what was asked for came. */
export interface TimedResult extends Result {
  /** Milliseconds since 1970 when the load began. */
  startedAt: number;
  /** Answers that were what was asked for in each tenth of a second since. */
  tenths: number[];
}

const { url, operation, tokens, amount, users, connections, seconds, rate } = JSON.parse(
  await text(process.stdin),
) as Load;
const chosen = OPERATIONS[operation];
if (!chosen) throw new Error(`no operation ${operation}`);
const { method, path, body, headers, status = 200, has, inTurn } = chosen;

let turn = 0;
let wrong = 0;
const right: number[] = [];
let example: string | undefined;
let sent = 0;
const tenths: number[] = [];
const startedAt = Date.now();
const done = await autocannon({
  url,
  connections,
  ...(amount === undefined ? { duration: seconds } : { amount }),
  ...(rate !== undefined && { overallRate: rate }),
  requests: [
    {
      setupRequest: (request, context) => {
        const n = inTurn ? (turn += 1) : 1 + Math.floor(Math.random() * users);
        Object.assign(context, { n, since: performance.now() });
        const json = body && JSON.stringify(body(n));
        return {
          ...request,
          method,
          path: path(n),
          headers: {
            authorization: `Bearer ${tokens[sent++ % tokens.length]}`,
            ...(json && { 'content-type': 'application/json' }),
            ...headers?.(),
          },
          ...(json && { body: json }),
        };
      },
      onResponse: (answered, answer, context) => {
        const { n, since } = context as { n: number; since: number };
        if (answered === status && (!has || answer.includes(has(n)))) {
          right.push(performance.now() - since);
          const tenth = Math.floor((Date.now() - startedAt) / 100);
          tenths[tenth] = (tenths[tenth] ?? 0) + 1;
          return;
        }
        wrong += 1;
        example ??= `${answered} ${answer.slice(0, 200)}`;
      },
    },
  ],
});
const result: TimedResult = {
  requests: done.requests.total,
  seconds: done.duration,
  p50: done.latency.p50,
  p99: done.latency.p99,
  right99: right.sort((a, b) => a - b)[Math.floor(right.length * 0.99)] ?? NaN,
  wrong: wrong + done.errors,
  example,
  startedAt,
  tenths: Array.from(tenths, (count: number | undefined) => count ?? 0),
};
console.log(JSON.stringify(result));
