import { ApiProperty } from '@nestjs/swagger';
import { FEED_RESET } from './event-types.js';

export class FeedResetDataDto {
  @ApiProperty({
    type: String,
    description:
      'The last `sequence` before that is still there. Whoever has seen a higher one has seen changes ' +
      'that are lost, and reads all users anew, whatever their versions; all others just go on.',
    example: '42',
  })
  after!: string;
}

/**
 * The database goes on without events that somebody may have seen: after an asynchronous failover, or
 * from a backup. Their places are left out, so that none is given twice.
 */
export class FeedResetDto {
  @ApiProperty({ type: String, enum: ['1.0'] })
  specversion!: '1.0';

  @ApiProperty({ type: String, format: 'uuid', example: '0198c5a2-7f0e-4c11-9d53-3f8e0a6f2b1d' })
  id!: string;

  @ApiProperty({ type: String, example: 'urn:nameplate:default' })
  source!: string;

  @ApiProperty({ type: String, enum: [FEED_RESET] })
  type!: typeof FEED_RESET;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-01-01T00:00:00.123456Z' })
  time!: string;

  @ApiProperty({ type: String, enum: ['application/json'] })
  datacontenttype!: 'application/json';

  @ApiProperty({ type: String, description: 'Its place in the feed.', example: '1000000042' })
  sequence!: string;

  @ApiProperty({ type: FeedResetDataDto })
  data!: FeedResetDataDto;
}
