import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { SCHEMA } from './data-source.js';
import { AuthModule } from './auth/auth.module.js';
import { ConfigModule } from './config/config.module.js';
import type { Env } from './config/env.js';
import { DatabaseModule } from './database/database.module.js';
import { ErrorFilter } from './errors/error.filter.js';
import { EventsModule } from './events/events.module.js';
import { HealthModule } from './health/health.module.js';
import { HooksModule } from './hooks/hooks.module.js';
import { StrictRequestInterceptor } from './http/strict-request.interceptor.js';
import { VersionedInterceptor } from './http/versioned.js';
import { IdentitiesModule } from './identities/identities.module.js';
import { PasswordsModule } from './passwords/passwords.module.js';
import { RetentionModule } from './retention/retention.module.js';
import { ProfileModule } from './profile/profile.module.js';
import { UsersModule } from './users/users.module.js';
import { WriteInterceptor } from './writes/write.interceptor.js';
import { BodyPipe } from './validation/body.pipe.js';

@Module({
  // The routes of the API document are in this order.
  imports: [
    AuthModule,
    DatabaseModule.with(SCHEMA),
    ProfileModule,
    UsersModule,
    PasswordsModule,
    IdentitiesModule,
    EventsModule,
    HooksModule,
    RetentionModule,
    HealthModule,
  ],
  providers: [
    { provide: APP_FILTER, useClass: ErrorFilter },
    { provide: APP_INTERCEPTOR, useClass: StrictRequestInterceptor },
    { provide: APP_INTERCEPTOR, useClass: WriteInterceptor },
    { provide: APP_INTERCEPTOR, useClass: VersionedInterceptor },
    { provide: APP_PIPE, useClass: BodyPipe },
  ],
})
export class AppModule {
  /** @param extra modules that only development has */
  static with(env: Env, extra: (Type | DynamicModule)[] = []): DynamicModule {
    return { module: AppModule, imports: [ConfigModule.with(env), ...extra] };
  }
}
