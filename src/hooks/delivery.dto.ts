import { ApiProperty } from '@nestjs/swagger';
import { EVENT_TYPES, FEED_RESET } from '../events/record/event-types.js';
import {
  DELIVERY_STATES,
  type DeliveryRow,
  type DeliveryState,
} from '../deliveries/delivery-row.js';

const time = (description: string) =>
  ApiProperty({ type: Number, description, example: 1_767_225_600_000 });

const status = () =>
  ApiProperty({
    type: Number,
    nullable: true,
    description: 'HTTP status of the receiver; null without an answer.',
    example: 200,
  });

const problem = () =>
  ApiProperty({ type: String, nullable: true, description: 'Why not, if so.', example: null });

/** One event on its way to one hook. */
export class DeliveryDto {
  @ApiProperty({ type: String, description: 'The `sequence` of the event.', example: '42' })
  id!: string;

  @ApiProperty({ type: String, format: 'uuid', example: '0198c5a2-7f0e-4c11-9d53-3f8e0a6f2b1c' })
  eventId!: string;

  @ApiProperty({ type: String, enum: [...EVENT_TYPES, FEED_RESET], example: 'User.Data.Updated' })
  type!: string;

  @ApiProperty({ type: String, description: 'Empty of a `Feed.Reset`.', example: 'x81f0c2m5a7b' })
  userId!: string;

  @ApiProperty({
    type: String,
    enum: DELIVERY_STATES,
    description: 'A pending one is still to be delivered, a dead one is a dead letter.',
    example: 'delivered',
  })
  state!: DeliveryState;

  @ApiProperty({ type: Number, example: 1 })
  attempts!: number;

  @status()
  statusCode!: number | null;

  @problem()
  error!: string | null;

  @time('Milliseconds since the epoch: when it was queued.')
  createdAt!: number;

  @time('Milliseconds since the epoch: the last attempt, or replay.')
  updatedAt!: number;
}

/** How a test of a hook ended. */
export class AttemptDto {
  @ApiProperty({ type: Boolean })
  delivered!: boolean;

  @status()
  statusCode!: number | null;

  @problem()
  error!: string | null;

  @ApiProperty({ type: Number, description: 'Milliseconds.', example: 87 })
  durationMs!: number;
}

export class ReplayDto {
  @ApiProperty({
    type: Number,
    description: 'Dead letters that are delivered again, or places of the feed gone through again.',
    example: 12,
  })
  replayed!: number;
}

export function toDeliveryDto(delivery: DeliveryRow): DeliveryDto {
  return {
    id: delivery.sequence,
    eventId: delivery.eventId,
    type: delivery.type,
    userId: delivery.userId,
    state: delivery.state,
    attempts: delivery.attempts,
    statusCode: delivery.statusCode,
    error: delivery.error,
    createdAt: delivery.createdAt.getTime(),
    updatedAt: delivery.updatedAt.getTime(),
  };
}
