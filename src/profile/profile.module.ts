import { Module } from '@nestjs/common';
import { UserRecordModule } from '../users/record/user-record.module.js';
import { ProfileController } from './profile.controller.js';
import { Provisioning } from './provisioning.js';

@Module({
  imports: [UserRecordModule],
  controllers: [ProfileController],
  providers: [Provisioning],
})
export class ProfileModule {}
