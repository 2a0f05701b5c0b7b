import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiResponse } from '@nestjs/swagger';
import { ApiProblems } from '../http/api-problems.js';
import { query } from '../http/api-parameters.js';
import { CreateReplayDto } from './create-replay.dto.js';
import { DELIVERY_STATES } from '../deliveries/delivery-row.js';
import { DEFAULT_DELIVERIES, MAX_DELIVERIES } from './delivery-query.js';
import { DeliveryDto, ReplayDto } from './delivery.dto.js';
import { DELIVERY_EXAMPLE } from './hook.example.js';
import { HookId, WHO } from './hooks.docs.js';
import { FIELDS_BYTES, TakesJson } from '../http/body-limit.js';

export const ListDeliveries = () =>
  applyDecorators(
    ApiOperation({
      operationId: 'listDeliveries',
      summary: 'Log of deliveries',
      description:
        'What was delivered to the hook, what is pending, and dead letters, newest first. Kept for ' +
        `30 days (DELIVERIES_RETENTION_DAYS), but what is pending as long as it is. ${WHO}`,
    }),
    HookId(),
    query('state', { type: 'string', enum: DELIVERY_STATES }, 'Only these.'),
    query(
      'limit',
      { type: 'integer', minimum: 1, maximum: MAX_DELIVERIES, default: DEFAULT_DELIVERIES },
      'Deliveries an answer.',
    ),
    query('cursor', { type: 'integer', minimum: 1 }, 'Where to go on; take it from `Link`.'),
    ApiResponse({
      status: 200,
      description: 'Deliveries.',
      type: DeliveryDto,
      isArray: true,
      example: [DELIVERY_EXAMPLE],
      headers: { Link: { description: 'RFC 8288: next.', schema: { type: 'string' } } },
    }),
  );

export const ReplayDelivery = () =>
  applyDecorators(
    ApiOperation({
      operationId: 'replayDelivery',
      summary: 'Deliver one event again',
      description:
        'At its place in the feed: before later events of the same user that are still queued, ' +
        'but behind one that is on its way or waits for a retry. One that is still pending stays ' +
        `as it is. ${WHO}`,
    }),
    HookId(),
    ApiParam({ name: 'deliveryId', schema: { type: 'string' } }),
    ApiResponse({
      status: 202,
      description: 'The delivery, pending.',
      type: DeliveryDto,
      example: { ...DELIVERY_EXAMPLE, state: 'pending', attempts: 0 },
    }),
  );

export const ReplayHook = () =>
  applyDecorators(
    ApiOperation({
      operationId: 'replayHook',
      summary: 'Deliver many events again',
      description:
        'Either everything behind a `sequence` of the feed (of the hook’s types, in order; nothing ' +
        `when the hook’s \`lastSequence\` is not beyond it), or all dead letters. ${WHO}`,
    }),
    HookId(),
    ApiBody({
      type: CreateReplayDto,
      examples: {
        after: { summary: 'Everything that is kept', value: { after: 0 } },
        dead: { summary: 'All dead letters', value: { state: 'dead' } },
      },
    }),
    ApiResponse({
      status: 202,
      description: 'It is queued.',
      type: ReplayDto,
      example: { replayed: 12 },
    }),
    TakesJson(FIELDS_BYTES),
    ApiProblems('event.expired'),
  );
