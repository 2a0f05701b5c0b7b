import type { TenantId } from '../../database/tenant.js';
import { ApiProperty } from '@nestjs/swagger';
import type { EventRow } from './event.statements.js';
import { EVENT_TYPE_SCHEMA, type EventType, FEED_RESET } from './event-types.js';
import type { Actor } from '../../auth/origin.js';
import type { Change } from './user-event.entity.js';

/** The media types of the JSON format of CloudEvents 1.0, sections 3 and 4. */
export const CLOUD_EVENT = 'application/cloudevents+json';
export const CLOUD_EVENTS = 'application/cloudevents-batch+json';

/** Where an event comes from (CloudEvents 1.0, `source`): the feed of one tenant. */
export const sourceOf = (tenantId: TenantId) => `urn:nameplate:${tenantId}`;

const ANY = {
  required: false,
  anyOf: [
    ...['string', 'number', 'boolean', 'null'].map((type) => ({ type })),
    { type: 'object', additionalProperties: true },
    { type: 'array', items: {} },
  ],
};

export class ActorDto implements Actor {
  @ApiProperty({ type: String, enum: ['user', 'management'], description: 'The kind of token.' })
  kind!: Actor['kind'];

  @ApiProperty({ type: String, description: 'Its `sub`.', example: 'crm-sync' })
  subject!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Its `client_id` or `azp`.',
    example: 'crm',
  })
  clientId!: string | null;
}

export class ChangeDto implements Change {
  @ApiProperty({
    type: String,
    description: 'JSON Pointer (RFC 6901) into the user object.',
    example: '/customData/plan',
  })
  pointer!: string;

  @ApiProperty({
    ...ANY,
    description: 'The value before; left out when there was none, or when values are not kept.',
    example: 'free',
  })
  old?: unknown;

  @ApiProperty({
    ...ANY,
    description: 'The value after; left out when there is none, or when values are not kept.',
    example: 'pro',
  })
  new?: unknown;
}

export class EventDataDto {
  @ApiProperty({ type: String, description: 'As `subject`.', example: 'x81f0c2m5a7b' })
  userId!: string;

  @ApiProperty({
    type: Number,
    description: 'The version that the change gave the user, as in its `ETag`.',
    example: 7,
  })
  version!: number;

  @ApiProperty({
    type: ActorDto,
    nullable: true,
    description: 'Who changed it; null is the service itself.',
  })
  actor!: ActorDto | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The request, as in its `X-Request-Id`.',
    example: '5a88e182-882f-4652-9612-b1722925eb2f',
  })
  requestId!: string | null;

  @ApiProperty({ type: ChangeDto, isArray: true })
  changes!: ChangeDto[];
}

/** One change of a user, as CloudEvents 1.0 has it, with its extensions `sequence` and `traceparent`. */
export class CloudEventDto {
  @ApiProperty({ type: String, enum: ['1.0'] })
  specversion!: '1.0';

  @ApiProperty({ type: String, format: 'uuid', example: '0198c5a2-7f0e-4c11-9d53-3f8e0a6f2b1c' })
  id!: string;

  @ApiProperty({ type: String, example: 'urn:nameplate:default' })
  source!: string;

  @ApiProperty({ ...EVENT_TYPE_SCHEMA } as object)
  type!: EventType;

  @ApiProperty({ type: String, description: 'The id of the user.', example: 'x81f0c2m5a7b' })
  subject!: string;

  @ApiProperty({
    type: String,
    format: 'date-time',
    description: 'When it was changed, in microseconds.',
    example: '2026-01-01T00:00:00.123456Z',
  })
  time!: string;

  @ApiProperty({ type: String, enum: ['application/json'] })
  datacontenttype!: 'application/json';

  @ApiProperty({
    type: String,
    pattern: '^[1-9][0-9]*$',
    description:
      'Its place in the feed, from 1 without gaps other than before a `Feed.Reset`: what `after` takes.',
    example: '42',
  })
  sequence!: string;

  @ApiProperty({
    type: String,
    required: false,
    description: 'Of the request (W3C Trace Context), where the service sends traces.',
    example: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  })
  traceparent?: string | undefined;

  @ApiProperty({ type: EventDataDto })
  data!: EventDataDto;
}

/** A `CloudEventDto` or `FeedResetDto`, as JSON. */
export function cloudEventText(tenantId: TenantId, event: EventRow): string {
  const { id, type, userId, version, time, actor, requestId, changes, sequence } = event;
  const traceparent = event.traceparent ?? undefined;
  const same = { specversion: '1.0', id, source: sourceOf(tenantId) } as const;
  const place = { time, datacontenttype: 'application/json', sequence } as const;
  if (type === FEED_RESET)
    return JSON.stringify({ ...same, type, ...place, data: { after: version } });
  const data = { userId, version: Number(version), actor, requestId };
  const text = JSON.stringify({ ...same, type, subject: userId, ...place, traceparent, data });
  // The last member of the last one: to read and write them anew would take longer than all the rest.
  return `${text.slice(0, -2)},"changes":${changes}}}`;
}
