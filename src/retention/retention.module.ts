import { Module } from '@nestjs/common';
import { EventsModule } from '../events/events.module.js';
import { RetentionService } from './retention.service.js';

@Module({ imports: [EventsModule], providers: [RetentionService] })
export class RetentionModule {}
