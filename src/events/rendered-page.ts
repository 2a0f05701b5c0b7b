import type { TenantId } from '../database/tenant.js';
import { toCloudEvent } from './record/cloud-event.dto.js';
import type { FeedPage } from './record/event-feed.service.js';

/** The text of a page, made once for all who share it. */
function madeOnce(render: (tenantId: TenantId, page: FeedPage) => string) {
  const texts = new WeakMap<FeedPage, string>();
  return (tenantId: TenantId, page: FeedPage): string => {
    const text = texts.get(page) ?? render(tenantId, page);
    texts.set(page, text);
    return text;
  };
}

/** A batch of CloudEvents, as JSON. */
export const batchText = madeOnce((tenantId, { events }) =>
  JSON.stringify(events.map((event) => toCloudEvent(tenantId, event))),
);

/** Server-sent events, and a block without data that moves the reader's position, also past events of other types. */
export const streamText = madeOnce((tenantId, { events, next }) => {
  const blocks = events.map((event) => {
    const data = JSON.stringify(toCloudEvent(tenantId, event));
    return `id: ${event.sequence}\nevent: ${event.type}\ndata: ${data}\n\n`;
  });
  return `${blocks.join('')}: ${events.length} events\nid: ${next}\n\n`;
});
