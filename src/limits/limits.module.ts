import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { FailedPasswords } from './failed-passwords.js';
import { FailedTokensGuard } from './failed-tokens.guard.js';
import { Limits } from './limits.js';
import { SharedCounts } from './shared-counts.js';
import { PublicLimit } from './public-limit.js';
import { FairShareGuard } from './fair-share.guard.js';

@Module({
  imports: [AuthModule],
  providers: [
    SharedCounts,
    Limits,
    FailedPasswords,
    FailedTokensGuard,
    PublicLimit,
    FairShareGuard,
  ],
  exports: [SharedCounts, Limits, FailedPasswords, FailedTokensGuard, PublicLimit, FairShareGuard],
})
export class LimitsModule {}
