import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import {
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Env } from '../config/env.js';
import { ListenError } from '../config/listen-error.js';
import { answerScrape } from './answer-scrape.js';
import { Metrics } from './metrics.js';

/** `/metrics` on a port of its own, which the world need not reach. */
@Injectable()
export class MetricsServer implements OnApplicationBootstrap, OnApplicationShutdown {
  private server: Server | undefined;

  constructor(
    private readonly env: Env,
    private readonly metrics: Metrics,
  ) {}

  /** @throws ListenError */
  async onApplicationBootstrap(): Promise<void> {
    const { METRICS_PORT: port, host } = this.env;
    if (port === undefined) return;
    this.server = createServer({ requestTimeout: 10_000 }, (request, response) => {
      void answerScrape(this.metrics, this.env.METRICS_TOKEN, request).then(
        ({ status, headers, text }) => response.writeHead(status, headers).end(text),
        () => response.writeHead(500).end(),
      );
    });
    this.server.listen({ port, host });
    await once(this.server, 'listening').catch((cause: unknown) => {
      throw new ListenError('METRICS_PORT', { cause });
    });
  }

  /** Last of all: until then there is something to see. */
  onApplicationShutdown(): void {
    this.server?.close();
    this.server?.closeAllConnections();
  }
}
