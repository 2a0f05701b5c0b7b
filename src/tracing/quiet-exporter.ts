import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import type { Logger } from 'pino';

type Done = Parameters<SpanExporter['export']>[1];

/** Tells once that a collector takes nothing, and once that it does again. */
export class QuietExporter implements SpanExporter {
  private isAway = false;

  constructor(
    private readonly exporter: SpanExporter,
    private readonly log: Pick<Logger, 'warn' | 'info'>,
  ) {}

  export(spans: ReadableSpan[], done: Done): void {
    this.exporter.export(spans, (result) => {
      // 0 is success; the enum is in a package that is needed for nothing else.
      const code: number = result.code;
      this.tell(code !== 0, result.error);
      done(result);
    });
  }

  shutdown(): Promise<void> {
    return this.exporter.shutdown();
  }

  private tell(isAway: boolean, error: Error | undefined): void {
    if (isAway === this.isAway) return;
    this.isAway = isAway;
    // A message may hold parts of the address.
    const { name, code } = (error ?? {}) as { name?: string; code?: unknown };
    if (isAway)
      this.log.warn({ reason: code ?? name }, 'the collector takes no traces; they are dropped');
    else this.log.info('the collector takes traces again');
  }
}
