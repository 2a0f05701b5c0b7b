import autocannon from 'autocannon';
import { OPERATIONS } from './operations.js';

/** What one run of the load is, from the environment variable LOAD. */
export interface Load {
  url: string;
  operation: string;
  token: string;
  users: number;
  connections: number;
  seconds: number;
}

/** What came of it. */
export interface Result {
  requests: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  /** Answers that were not what was asked for, and the first of them. */
  wrong: number;
  example: string | undefined;
}

const { url, operation, token, users, connections, seconds } = JSON.parse(
  process.env['LOAD'] ?? '',
) as Load;
const {
  method,
  path,
  body,
  headers,
  status = 200,
  has,
} = OPERATIONS[operation] ?? {
  method: 'GET' as const,
  path: () => '/',
};

let wrong = 0;
let example: string | undefined;
const done = await autocannon({
  url,
  connections,
  duration: seconds,
  requests: [
    {
      setupRequest: (request, context) => {
        const n = 1 + Math.floor(Math.random() * users);
        Object.assign(context, { n });
        const json = body && JSON.stringify(body(n));
        return {
          ...request,
          method,
          path: path(n),
          headers: {
            authorization: `Bearer ${token}`,
            ...(json && { 'content-type': 'application/json' }),
            ...headers?.(),
          },
          ...(json && { body: json }),
        };
      },
      onResponse: (answered, text, context) => {
        const { n } = context as { n: number };
        if (answered === status && (!has || text.includes(has(n)))) return;
        wrong += 1;
        example ??= `${answered} ${text.slice(0, 200)}`;
      },
    },
  ],
});
const result: Result = {
  requests: done.requests.total,
  p50: done.latency.p50,
  p99: done.latency.p99,
  wrong: wrong + done.errors,
  example,
};
console.log(JSON.stringify(result));
