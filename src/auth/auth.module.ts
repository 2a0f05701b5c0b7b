import { Module } from '@nestjs/common';
import { PassportModule } from '@nestjs/passport';
import { Realms } from './realms.js';
import { TokenCache } from './token-cache.js';
import { TOKEN_STRATEGIES } from './token.strategy.js';

@Module({
  imports: [PassportModule],
  providers: [Realms, TokenCache, ...TOKEN_STRATEGIES],
  // For the guard, which stands first among those of the application.
  exports: [Realms, TokenCache],
})
export class AuthModule {}
