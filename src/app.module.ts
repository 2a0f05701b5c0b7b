import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { SCHEMA } from './data-source.js';
import { AuthModule } from './auth/auth.module.js';
import { TenantGuard } from './auth/tenant.guard.js';
import { TokenGuard } from './auth/token.guard.js';
import { ConfigModule } from './config/config.module.js';
import type { Env } from './config/env.js';
import { DatabaseModule } from './database/database.module.js';
import { ErrorFilter } from './http/error.filter.js';
import { EventsModule } from './events/events.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { Metrics } from './metrics/metrics.js';
import { Tracing } from './tracing/tracing.js';
import { TracingModule } from './tracing/tracing.module.js';
import { HealthModule } from './health/health.module.js';
import { HooksModule } from './hooks/hooks.module.js';
import { ParseBodyGuard } from './http/parse-body.guard.js';
import { StrictRequestGuard } from './http/strict-request.guard.js';
import { IdentitiesModule } from './identities/identities.module.js';
import { PasswordsModule } from './passwords/passwords.module.js';
import { RetentionModule } from './retention/retention.module.js';
import { FailedTokensGuard } from './limits/failed-tokens.guard.js';
import { HeldBodiesGuard } from './limits/held-bodies.guard.js';
import { FairShareGuard } from './limits/fair-share.guard.js';
import { LimitsGuard } from './limits/limits.guard.js';
import { LimitsModule } from './limits/limits.module.js';
import { ProfileModule } from './profile/profile.module.js';
import { TenancyModule } from './tenancy/tenancy.module.js';
import { TenantsModule } from './tenants/tenants.module.js';
import { UsersModule } from './users/users.module.js';
import { BodyPipe } from './http/body.pipe.js';

@Module({
  // The routes of the API document are in this order.
  imports: [
    AuthModule,
    DatabaseModule.with(SCHEMA),
    TenancyModule,
    LimitsModule,
    ProfileModule,
    UsersModule,
    PasswordsModule,
    IdentitiesModule,
    EventsModule,
    HooksModule,
    RetentionModule,
    TenantsModule,
    HealthModule,
  ],
  providers: [
    { provide: APP_FILTER, useClass: ErrorFilter },
    // In this order: who has no token learns nothing else.
    { provide: APP_GUARD, useClass: TenantGuard },
    { provide: APP_GUARD, useExisting: FailedTokensGuard },
    { provide: APP_GUARD, useClass: TokenGuard },
    { provide: APP_GUARD, useClass: LimitsGuard },
    { provide: APP_GUARD, useClass: HeldBodiesGuard },
    { provide: APP_GUARD, useClass: StrictRequestGuard },
    { provide: APP_GUARD, useExisting: FairShareGuard },
    { provide: APP_GUARD, useClass: ParseBodyGuard },
    { provide: APP_PIPE, useClass: BodyPipe },
  ],
})
export class AppModule {
  /** @param extra modules that only development has */
  static with(
    env: Env,
    metrics = new Metrics(),
    tracing = new Tracing(),
    extra: (Type | DynamicModule)[] = [],
  ): DynamicModule {
    const ground = [
      ConfigModule.with(env),
      MetricsModule.with(metrics),
      TracingModule.with(tracing),
    ];
    return { module: AppModule, imports: [...ground, ...extra] };
  }
}
