import type { CloudEventDto } from '../../src/events/record/cloud-event.dto.js';
import type { Answer } from './test-app.js';

export type Event = CloudEventDto;

/** The events of an answer that is a batch of them. */
export const events = ({ text }: Answer): Event[] => JSON.parse(text) as Event[];

export const sequences = (batch: Event[]) => batch.map(({ sequence }) => Number(sequence));
