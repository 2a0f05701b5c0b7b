import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { eventually } from '../programs.js';
import type { Lab } from '../lab.js';

/** What a process holds at a moment. */
export interface Sample {
  /** MiB of the heap that are used after garbage is collected. */
  heap: number;
  /** MiB that buffers have outside the heap. */
  buffers: number;
  /** Open files and sockets. */
  files: number;
  /** What keeps Node's event loop alive, such as timers and sockets. */
  resources: number;
}

/** Asks a process that runs with `--inspect`, by the protocol of Chrome's developer tools. */
export class Inspector {
  private id = 0;

  private constructor(
    private readonly socket: WebSocket,
    private readonly pid: number,
  ) {}

  static async of(lab: Lab): Promise<Inspector> {
    await eventually('the inspector listens', async () => ADDRESS.test(lab.output));
    const socket = new WebSocket(ADDRESS.exec(lab.output)?.[0] ?? '');
    await once(socket, 'open');
    return new Inspector(socket, lab.pid);
  }

  async sample(): Promise<Sample> {
    // Twice: what has a finaliser goes with the second one.
    for (const _ of [1, 2]) await this.ask('HeapProfiler.collectGarbage');
    const { result } = await this.ask('Runtime.evaluate', { expression: MEASURE });
    const [heapUsed, external, resources] = JSON.parse(result.value) as [number, number, number];
    return {
      ...{ heap: heapUsed / 2 ** 20, buffers: external / 2 ** 20, resources },
      files: readdirSync(`/proc/${this.pid}/fd`).length,
    };
  }

  close(): void {
    this.socket.close();
  }

  private async ask(method: string, params: object = {}): Promise<any> {
    const id = ++this.id;
    this.socket.send(JSON.stringify({ id, method, params }));
    for (;;) {
      const [{ data }] = (await once(this.socket, 'message')) as [{ data: string }];
      const answer = JSON.parse(data) as { id?: number; result: unknown };
      if (answer.id === id) return answer.result;
    }
  }
}

const ADDRESS = /ws:\/\/\S+/;

const MEASURE = `{
  const { heapUsed, external } = process.memoryUsage();
  JSON.stringify([heapUsed, external, process.getActiveResourcesInfo().length]);
}`;
