import { NameplateClient } from '@nameplate/client';
import { type DynamicModule, Module } from '@nestjs/common';
import { Pool } from 'pg';
import { FeedFollower } from './feed-follower.js';
import { HookController } from './hook.controller.js';
import { Mirror } from './mirror.js';
import { SETTINGS, type Settings } from './settings.js';

@Module({})
export class MirrorModule {
  static with(settings: Settings): DynamicModule {
    const { nameplateUrl, token, databaseUrl, followsFeed } = settings;
    return {
      module: MirrorModule,
      controllers: [HookController],
      providers: [
        Mirror,
        ...(followsFeed ? [FeedFollower] : []),
        { provide: SETTINGS, useValue: settings },
        { provide: Pool, useFactory: () => createPool(databaseUrl) },
        {
          provide: NameplateClient,
          useFactory: () => new NameplateClient({ url: nameplateUrl, token }),
        },
      ],
    };
  }
}

/** The loss of an idle connection is no reason to end: the pool opens another. */
const createPool = (connectionString: string) =>
  new Pool({ connectionString }).on('error', () => undefined);
