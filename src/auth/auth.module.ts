import { Module } from '@nestjs/common';
import { PassportModule } from '@nestjs/passport';
import { Realms } from './realms.js';
import { TokenCache } from './token-cache.js';
import {
  ManagementTokenStrategy,
  OperatorTokenStrategy,
  UserTokenStrategy,
} from './token.strategy.js';

@Module({
  imports: [PassportModule],
  providers: [
    ...[Realms, TokenCache],
    ...[UserTokenStrategy, ManagementTokenStrategy, OperatorTokenStrategy],
  ],
  // For the guard, which stands first among those of the application.
  exports: [Realms, TokenCache],
})
export class AuthModule {}
