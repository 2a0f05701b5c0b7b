import { Module } from '@nestjs/common';
import { LimitsModule } from '../limits/limits.module.js';
import { HashingModule } from '../hashing/hashing.module.js';
import { SearchIndexes } from './search/search-indexes.js';
import { UserPartsController } from './user-parts.controller.js';
import { UserRecordModule } from './record/user-record.module.js';
import { UsersSearchService } from './search/users-search.service.js';
import { UsersController } from './users.controller.js';

@Module({
  imports: [UserRecordModule, HashingModule, LimitsModule],
  controllers: [UsersController, UserPartsController],
  providers: [UsersSearchService, SearchIndexes],
})
export class UsersModule {}
