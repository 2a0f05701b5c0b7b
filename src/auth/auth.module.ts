import { Module } from '@nestjs/common';
import { PassportModule } from '@nestjs/passport';
import { IssuerKeys } from './issuer-keys.js';
import { TokenCache } from './token-cache.js';
import { ManagementTokenStrategy, UserTokenStrategy } from './token.strategy.js';

@Module({
  imports: [PassportModule],
  providers: [IssuerKeys, TokenCache, UserTokenStrategy, ManagementTokenStrategy],
  // For the guard, which stands first among those of the application.
  exports: [IssuerKeys, TokenCache],
})
export class AuthModule {}
