import { applyDecorators } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiHeader,
  ApiOperation,
  ApiResponse,
  getSchemaPath,
} from '@nestjs/swagger';
import { ApiProblems } from '../http/api-problems.js';
import { query, UserIdParameter } from '../http/api-parameters.js';
import { CLOUD_EVENTS, CloudEventDto } from './record/cloud-event.dto.js';
import { EVENT_EXAMPLE } from './event.example.js';
import { DEFAULT_EVENTS, MAX_EVENTS, MAX_WAIT } from './event-query.js';
import { EVENT_TYPES } from './record/event-types.js';
import { FeedResetDto } from './record/feed-reset.dto.js';

const WHO = 'Management token, scope `all` or `events:read`.';

const batch = {
  [CLOUD_EVENTS]: {
    schema: { type: 'array', items: { $ref: getSchemaPath(CloudEventDto) } },
    example: [EVENT_EXAMPLE],
  },
};

const feed = {
  [CLOUD_EVENTS]: {
    schema: {
      title: 'EventFeed',
      type: 'array',
      items: { oneOf: [CloudEventDto, FeedResetDto].map((dto) => ({ $ref: getSchemaPath(dto) })) },
    },
    example: [EVENT_EXAMPLE],
  },
};

const streamExample = `id: ${EVENT_EXAMPLE.sequence}\nevent: ${EVENT_EXAMPLE.type}\ndata: {…}\n\n`;

const limit = query(
  'limit',
  { type: 'integer', minimum: 1, maximum: MAX_EVENTS, default: DEFAULT_EVENTS },
  'Events an answer.',
);

export const ListEvents = () =>
  applyDecorators(
    ApiOperation({
      operationId: 'listEvents',
      summary: 'Follow every change',
      description:
        'All events, oldest first, in an order that never changes: whoever goes on behind the last ' +
        '`sequence` seen misses none and sees none twice, also while users are being changed. ' +
        'Follow `Link` for the next page. With `Accept: text/event-stream` the answer does not end: ' +
        'server-sent events, whose ids are the sequences, until the token expires.\n\n' +
        'A `Feed.Reset` says that the database goes on without events that somebody may have seen; ' +
        '`types` does not leave it out. A place among those that are lost is 410.\n\n' +
        WHO,
    }),
    query(
      'after',
      { type: 'integer', minimum: 0, default: 0 },
      'The `sequence` to go on behind; 0 is the oldest event that is kept.',
    ),
    limit,
    query(
      'types',
      { type: 'string' },
      `Only these types, with commas between: ${EVENT_TYPES.join(', ')}.`,
    ),
    query(
      'wait',
      { type: 'integer', minimum: 0, maximum: MAX_WAIT, default: 0 },
      'Seconds to wait for an event if there is none yet; never more than 55.',
    ),
    ApiHeader({
      name: 'Last-Event-ID',
      required: false,
      description: 'As `after`, and above it; for event streams that connect again.',
      schema: { type: 'string' },
    }),
    ApiExtraModels(CloudEventDto, FeedResetDto),
    ApiResponse({
      status: 200,
      description: 'Events (CloudEvents 1.0).',
      content: {
        ...feed,
        'text/event-stream': { schema: { type: 'string' }, example: streamExample },
      },
      headers: {
        Link: { description: 'RFC 8288: next, always.', schema: { type: 'string' } },
        'Last-Sequence': {
          description: 'The last sequence that any event has.',
          schema: { type: 'integer' },
        },
      },
    }),
    ApiProblems('event.expired', 'request.invalid_header'),
  );

export const ListUserEvents = () =>
  applyDecorators(
    ApiOperation({
      operationId: 'listUserEvents',
      summary: 'History of a user',
      description: `What happened to the user, newest first; also when the user is deleted. ${WHO}`,
    }),
    UserIdParameter(),
    limit,
    query('cursor', { type: 'integer', minimum: 1 }, 'Where to go on; take it from `Link`.'),
    ApiExtraModels(CloudEventDto),
    ApiResponse({
      status: 200,
      description: 'Events (CloudEvents 1.0).',
      content: batch,
      headers: { Link: { description: 'RFC 8288: next.', schema: { type: 'string' } } },
    }),
    ApiProblems('entity.not_found'),
  );
