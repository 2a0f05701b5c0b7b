import { Module } from '@nestjs/common';
import { BackgroundDatabase } from '../database/background-database.js';
import { EventRecordModule } from '../events/record/event-record.module.js';
import { DeliveriesController } from './deliveries.controller.js';
import { DeliveriesService } from '../deliveries/deliveries.service.js';
import { HookDelivery } from '../deliveries/hook-delivery.js';
import { HookSeal } from './record/hook-seal.js';
import { HookTester } from './hook-tester.js';
import { HooksBackground } from '../deliveries/hooks-background.js';
import { HooksController } from './hooks.controller.js';
import { HooksService } from './hooks.service.js';
import { HooksSweeper } from '../deliveries/hooks-sweeper.js';
import { OutstandingDeliveries } from '../deliveries/outstanding-deliveries.js';
import { Receiver } from '../deliveries/receiver.js';
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
