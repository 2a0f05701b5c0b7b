import { Module } from '@nestjs/common';
import { EventRecordModule } from '../events/record/event-record.module.js';
import { EventPartitions } from './event-partitions.js';
import { RetentionService } from './retention.service.js';

@Module({ imports: [EventRecordModule], providers: [RetentionService, EventPartitions] })
export class RetentionModule {}
