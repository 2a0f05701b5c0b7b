import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { FailedPasswords } from './failed-passwords.js';
import { FailedTokensGuard } from './failed-tokens.guard.js';
import { Limits } from './limits.js';
import { SharedCounts } from './shared-counts.js';

@Module({
  imports: [AuthModule],
  providers: [SharedCounts, Limits, FailedPasswords, FailedTokensGuard],
  exports: [SharedCounts, Limits, FailedPasswords, FailedTokensGuard],
})
export class LimitsModule {}
