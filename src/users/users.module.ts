import { Module } from '@nestjs/common';
import { LimitsModule } from '../limits/limits.module.js';
import { PasswordHasher } from '../passwords/password-hasher.js';
import { ErasureService } from './erasure.service.js';
import { SearchIndexes } from './search-indexes.js';
import { UserReads } from './user-reads.js';
import { UserWrites } from './user-writes.js';
import { UserPartsController } from './user-parts.controller.js';
import { UsersSearchService } from './users-search.service.js';
import { UsersController } from './users.controller.js';
import { UsersService } from './users.service.js';

@Module({
  imports: [LimitsModule],
  controllers: [UsersController, UserPartsController],
  providers: [
    UsersService,
    UserReads,
    UserWrites,
    UsersSearchService,
    SearchIndexes,
    ErasureService,
    PasswordHasher,
  ],
  exports: [UsersService, PasswordHasher],
})
export class UsersModule {}
