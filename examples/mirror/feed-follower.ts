import { setTimeout as sleep } from 'node:timers/promises';
import { type Event, EventsExpiredError, NameplateClient } from '@nameplate/client';
import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { Mirror } from './mirror.js';

/** Follows the feed by long polling. The position moves only after the events are applied. */
@Injectable()
export class FeedFollower implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = new Logger(FeedFollower.name);
  private readonly closing = new AbortController();

  constructor(
    private readonly mirror: Mirror,
    private readonly nameplate: NameplateClient,
  ) {}

  onApplicationBootstrap(): void {
    void this.follow();
  }

  onModuleDestroy(): void {
    this.closing.abort();
  }

  private async follow(): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted)
      try {
        const after = await this.mirror.position();
        for await (const { events, next } of this.nameplate.eventPages({ after, signal })) {
          for (const event of latestOfEach(events)) await this.mirror.apply(event);
          await this.mirror.moveTo(next);
        }
      } catch (error) {
        if (this.closing.signal.aborted) return;
        if (error instanceof EventsExpiredError && (await this.startAnew())) continue;
        this.log.warn(`again in a second: ${String(error)}`);
        await sleep(1_000);
      }
  }

  /** Retention or a failover has taken events that are not applied yet. Answers whether it is done. */
  private async startAnew(): Promise<boolean> {
    try {
      await this.mirror.moveTo(await this.mirror.readAnew());
      return true;
    } catch (error) {
      this.log.warn(String(error));
      return false;
    }
  }
}

/** Of several events of one user, the last one tells enough. */
const latestOfEach = (events: Event[]) =>
  new Map(
    events.map((event) => [event.type === 'Feed.Reset' ? undefined : event.subject, event]),
  ).values();
