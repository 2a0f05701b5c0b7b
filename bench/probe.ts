import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';

const PAUSE_MS = 5;

/** Asks again and again, on a connection of its own, while a server does something else. */
export function probe(url: string) {
  const dispatcher = new Agent({ connections: 1 });
  const times: number[] = [];
  const over = new AbortController();
  const asking = (async () => {
    while (!over.signal.aborted) {
      const start = performance.now();
      const { statusCode, body } = await request(url, { dispatcher });
      await body.dump();
      if (statusCode !== 200) break;
      times.push(performance.now() - start);
      await sleep(PAUSE_MS);
    }
    await dispatcher.close();
  })();
  return {
    /** The 99th percentile, in milliseconds. */
    async stop(): Promise<number> {
      over.abort();
      await asking;
      times.sort((a, b) => a - b);
      return times[Math.floor(times.length * 0.99)] ?? NaN;
    },
  };
}
