import { Module } from '@nestjs/common';
import { EventFeed } from './event-feed.service.js';
import { EventSequencer } from './event-sequencer.js';
import { EventsController } from './events.controller.js';

@Module({
  controllers: [EventsController],
  providers: [EventFeed, EventSequencer],
  exports: [EventFeed, EventSequencer],
})
export class EventsModule {}
