import { Module } from '@nestjs/common';
import { BackgroundDatabase } from '../database/background-database.js';
import { EventRecordModule } from '../events/event-record.module.js';
import { DeliveriesController } from './deliveries.controller.js';
import { DeliveriesService } from './deliveries.service.js';
import { HookDelivery } from './hook-delivery.js';
import { HookSeal } from './hook-seal.js';
import { HookTester } from './hook-tester.js';
import { HooksBackground } from './hooks-background.js';
import { HooksController } from './hooks.controller.js';
import { HooksService } from './hooks.service.js';
import { HooksSweeper } from './hooks-sweeper.js';
import { OutstandingDeliveries } from './outstanding-deliveries.js';
import { Receiver } from './receiver.js';
import { SecretBox } from '../secrets/secret-box.js';

@Module({
  imports: [EventRecordModule],
  controllers: [HooksController, DeliveriesController],
  providers: [
    ...[BackgroundDatabase, SecretBox, HookSeal, Receiver],
    ...[HooksService, HookTester, DeliveriesService],
    ...[HookDelivery, HooksSweeper, OutstandingDeliveries, HooksBackground],
  ],
})
export class HooksModule {}
