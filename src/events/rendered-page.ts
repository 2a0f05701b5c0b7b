import type { TenantId } from '../database/tenant.js';
import { cloudEventText } from './record/cloud-event.dto.js';
import type { FeedPage } from './record/event-feed.service.js';
import type { EventRow } from './record/event.statements.js';

/** The bytes of a page, made once for all who share it, however many of them have yet to read it. */
function madeOnce(render: (tenantId: TenantId, page: FeedPage) => string) {
  const made = new WeakMap<FeedPage, Buffer>();
  return (tenantId: TenantId, page: FeedPage): Buffer => {
    const bytes = made.get(page) ?? Buffer.from(render(tenantId, page));
    made.set(page, bytes);
    return bytes;
  };
}

/** A batch of CloudEvents, as JSON. */
export const batchText = (tenantId: TenantId, events: EventRow[]) =>
  `[${events.map((event) => cloudEventText(tenantId, event)).join()}]`;

export const pageBytes = madeOnce((tenantId, { events }) => batchText(tenantId, events));

/** Server-sent events, and a block without data that moves the reader's position, also past events of other types. */
export const streamBytes = madeOnce((tenantId, { events, next }) => {
  const blocks = events.map((event) => {
    const data = cloudEventText(tenantId, event);
    return `id: ${event.sequence}\nevent: ${event.type}\ndata: ${data}\n\n`;
  });
  return `${blocks.join('')}: ${events.length} events\nid: ${next}\n\n`;
});
