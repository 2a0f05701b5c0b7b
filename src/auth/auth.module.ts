import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { PassportModule } from '@nestjs/passport';
import { IssuerKeys } from './issuer-keys.js';
import { TokenCache } from './token-cache.js';
import { TokenGuard } from './token.guard.js';
import { ManagementTokenStrategy, UserTokenStrategy } from './token.strategy.js';

@Module({
  imports: [PassportModule],
  providers: [
    IssuerKeys,
    TokenCache,
    UserTokenStrategy,
    ManagementTokenStrategy,
    { provide: APP_GUARD, useClass: TokenGuard },
  ],
  exports: [IssuerKeys],
})
export class AuthModule {}
