import type { Origin } from '../../auth/origin.js';
import type { Env } from '../../config/env.js';
import type { EventType } from '../../events/record/event-types.js';
import type { Recording } from '../../events/record/record-event.js';
import { eventId } from '../../writes/recorded-events.js';

/** How a change is told in an event of its own. */
export const recordingOf = (env: Env, type: EventType, origin: Origin): Recording => ({
  ...{ id: eventId(), type, origin },
  withValues: env.EVENTS_INCLUDE_VALUES === 'on',
});
