import createClient, { type Client } from 'openapi-fetch';
import type { paths } from './api.js';
import { toPath, toQuery } from './addresses.js';
import { type Event, eventPages, type EventPage, type FeedOptions } from './events.js';
import { giveKey } from './keys.js';
import { orThrow } from './or-throw.js';
import { OwnProfile } from './own-profile.js';
import { Tokens, type TokenSource } from './tokens.js';
import { createTransport, type Fetch, type Patience } from './transport.js';
import { Users } from './users.js';
import type { CallOptions } from './write-options.js';

export interface ClientOptions extends Partial<Patience> {
  /** Where nameplate is, such as `https://users.example.com`, with the prefix of a proxy if it has one. */
  url: string;
  token: TokenSource;
  /** In place of the global one. */
  fetch?: Fetch;
}

/** Above the 55 s for which the service waits for an event at most. */
const PATIENCE: Patience = { retries: 4, longestWaitMs: 30_000, timeoutMs: 70_000 };

export class NameplateClient {
  /** Every route, with its types (openapi-fetch); tokens, keys and retries are the same. */
  readonly api: Client<paths>;
  readonly users: Users;
  readonly profile: OwnProfile;
  private readonly patient: Fetch;

  constructor({
    url,
    token,
    fetch = (...sent) => globalThis.fetch(...sent),
    ...own
  }: ClientOptions) {
    const tokens = new Tokens(token);
    const patience = { ...PATIENCE, ...own };
    this.api = createClient<paths>({
      baseUrl: url,
      fetch: createTransport(fetch, tokens, patience),
      querySerializer: toQuery,
      pathSerializer: toPath,
    });
    this.api.use(giveKey);
    const endless = { ...patience, retries: Infinity, longestWaitMs: Infinity };
    this.patient = createTransport(fetch, tokens, endless);
    this.users = new Users(this.api);
    this.profile = new OwnProfile(this.api);
  }

  /**
   * Every change, oldest first, and then as they come, until the signal ends it. It goes on where it was
   * when the connection is lost.
   *
   * @throws EventsExpiredError when the feed no longer has what is behind `after`
   */
  async *events(options: FeedOptions = {}): AsyncGenerator<Event, void> {
    for await (const { events } of this.eventPages(options)) yield* events;
  }

  /** The same, as many at once as an answer has, with the place behind them. */
  eventPages(options: FeedOptions = {}): AsyncGenerator<EventPage, void> {
    return eventPages(this.api, this.patient, options);
  }

  /** The end of the feed: where to follow from, before all users are read. */
  async lastSequence(options: CallOptions = {}): Promise<string> {
    const asked = await this.api.GET('/api/events', {
      params: { query: { limit: 1 } },
      ...options,
    });
    await orThrow(asked);
    return asked.response.headers.get('last-sequence') ?? '0';
  }
}
