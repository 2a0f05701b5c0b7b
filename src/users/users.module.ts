import { Module } from '@nestjs/common';
import { LimitsModule } from '../limits/limits.module.js';
import { HashingModule } from '../passwords/hashing.module.js';
import { SearchIndexes } from './search-indexes.js';
import { UserPartsController } from './user-parts.controller.js';
import { UserRecordModule } from './user-record.module.js';
import { UsersSearchService } from './users-search.service.js';
import { UsersController } from './users.controller.js';

@Module({
  imports: [UserRecordModule, HashingModule, LimitsModule],
  controllers: [UsersController, UserPartsController],
  providers: [UsersSearchService, SearchIndexes],
})
export class UsersModule {}
