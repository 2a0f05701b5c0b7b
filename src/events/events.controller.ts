import { Controller, Get, Param, Query, Req, Res, StreamableFile } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ManagementAuth } from '../auth/access.js';
import { CurrentPrincipal, type Principal } from '../auth/principal.js';
import { type CostOf, Costs } from '../limits/cost.js';
import { OfTenant } from '../tenancy/of-tenant.js';
import type { Tenant } from '../tenancy/tenant.js';
import { pageLink } from '../http/page-link.js';
import { leaveWork, workApart } from '../http/shedding.js';
import { CLOUD_EVENTS } from './record/cloud-event.dto.js';
import { EventFeed, hasMore } from './record/event-feed.service.js';
import { parseFeedQuery, parseHistoryQuery } from './event-query.js';
import { eventStream } from './event-stream.js';
import { batchText, pageBytes } from './rendered-page.js';
import * as docs from './events.docs.js';

/** In `Accept`, unless with the weight 0. */
const EVENT_STREAM = /text\/event-stream(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i;

/** Who waits for events holds a request for long, and is counted apart. */
const costOfReading: CostOf = ({ headers, query }) =>
  EVENT_STREAM.test(headers.accept ?? '') || 'wait' in (query as object) ? 'stream' : 'read';

/** Aborted when the reader has left, or closed its side: that is how most leave. */
function goneReader({ raw }: FastifyRequest, reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  const leave = () => gone.abort();
  if (raw.socket.readableEnded) leave();
  raw.socket.once('end', leave);
  reply.raw.once('close', () => {
    raw.socket.off('end', leave);
    leave();
  });
  return gone.signal;
}

/** Management: what happened to users, for administrators and for other services. */
@ApiTags('events')
@Controller('api')
export class EventsController {
  constructor(private readonly feed: EventFeed) {}

  @Get('events')
  @Costs(costOfReading)
  @ManagementAuth('events:read')
  @docs.ListEvents()
  async list(
    @OfTenant() { id: tenantId }: Tenant,
    @Query() parameters: Record<string, unknown>,
    @CurrentPrincipal() { expiresAt }: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { waitMs, ...query } = parseFeedQuery(parameters, request.headers['last-event-id']);
    const isStream = EVENT_STREAM.test(request.headers.accept ?? '');
    // Followers wait for what may not come for long.
    if (isStream || waitMs > 0) leaveWork(request);
    else workApart(request);
    const gone = goneReader(request, reply);
    void reply.header('Cache-Control', 'no-store');
    if (isStream) {
      // A proxy that buffers would hold back what is to be seen now; nginx asks for this.
      void reply.headers({ 'X-Accel-Buffering': 'no', 'Cache-Control': 'no-store, no-transform' });
      const first = await this.feed.read(tenantId, query);
      const onProblem = (error: unknown) => request.log.warn({ err: error }, 'event stream');
      const until = expiresAt * 1_000;
      const stream = eventStream(this.feed, tenantId, query, { first, until, gone, onProblem });
      return new StreamableFile(stream, { type: 'text/event-stream' });
    }
    const patience = Math.min(waitMs, expiresAt * 1_000 - Date.now());
    const page = await this.feed.readOrWait(tenantId, query, patience, gone);
    void reply.headers({
      'Content-Type': CLOUD_EVENTS,
      Link: pageLink(request.url, 'next', { after: String(page.next) }),
      'Last-Sequence': String(page.last),
    });
    return pageBytes(tenantId, page);
  }

  @Get('users/:userId/events')
  @ManagementAuth('events:read')
  @docs.ListUserEvents()
  async history(
    @OfTenant() { id: tenantId }: Tenant,
    @Param('userId') userId: string,
    @Query() parameters: Record<string, unknown>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    workApart(request);
    const { before, limit } = parseHistoryQuery(parameters);
    const events = await this.feed.history(tenantId, userId, before, limit);
    const oldest = events.at(-1);
    if (oldest && hasMore(events, limit))
      void reply.header('Link', pageLink(request.url, 'next', { cursor: oldest.sequence }));
    void reply.headers({ 'Content-Type': CLOUD_EVENTS, 'Cache-Control': 'private, no-cache' });
    return batchText(tenantId, events);
  }
}
