import { Module } from '@nestjs/common';
import { EventsModule } from '../events/events.module.js';
import { EventPartitions } from './event-partitions.js';
import { RetentionService } from './retention.service.js';

@Module({ imports: [EventsModule], providers: [RetentionService, EventPartitions] })
export class RetentionModule {}
