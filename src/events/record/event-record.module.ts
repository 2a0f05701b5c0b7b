import { Module } from '@nestjs/common';
import { EventFeed } from './event-feed.service.js';
import { EventSequencer } from './event-sequencer.js';

@Module({ providers: [EventFeed, EventSequencer], exports: [EventFeed, EventSequencer] })
export class EventRecordModule {}
