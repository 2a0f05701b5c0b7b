import { Module } from '@nestjs/common';
import { LimitsModule } from '../limits/limits.module.js';
import { UserRecordModule } from '../users/record/user-record.module.js';
import { HashingModule } from '../hashing/hashing.module.js';
import { PasswordsController } from './passwords.controller.js';
import { PasswordsService } from './passwords.service.js';

@Module({
  imports: [UserRecordModule, HashingModule, LimitsModule],
  controllers: [PasswordsController],
  providers: [PasswordsService],
})
export class PasswordsModule {}
