import { Module } from '@nestjs/common';
import { EventRecordModule } from './record/event-record.module.js';
import { EventsController } from './events.controller.js';

@Module({ imports: [EventRecordModule], controllers: [EventsController] })
export class EventsModule {}
