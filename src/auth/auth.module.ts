import { Module } from '@nestjs/common';
import { PassportModule } from '@nestjs/passport';
import { IssuerKeys, OperatorKeys } from './issuer-keys.js';
import { TokenCache } from './token-cache.js';
import {
  ManagementTokenStrategy,
  OperatorTokenStrategy,
  UserTokenStrategy,
} from './token.strategy.js';

@Module({
  imports: [PassportModule],
  providers: [
    ...[IssuerKeys, OperatorKeys, TokenCache],
    ...[UserTokenStrategy, ManagementTokenStrategy, OperatorTokenStrategy],
  ],
  // For the guard, which stands first among those of the application.
  exports: [IssuerKeys, TokenCache],
})
export class AuthModule {}
