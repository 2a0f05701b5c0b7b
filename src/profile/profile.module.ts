import { Module } from '@nestjs/common';
import { UsersModule } from '../users/users.module.js';
import { ProfileController } from './profile.controller.js';
import { Provisioning } from './provisioning.js';

@Module({
  imports: [UsersModule],
  controllers: [ProfileController],
  providers: [Provisioning],
})
export class ProfileModule {}
