import { Module } from '@nestjs/common';
import { ErasureService } from './erasure.service.js';
import { UserReads } from './user-reads.js';
import { UserWrites } from './user-writes.js';
import { UsersService } from './users.service.js';

/** What both audiences share. */
@Module({
  providers: [UsersService, UserReads, UserWrites, ErasureService],
  exports: [UsersService, ErasureService],
})
export class UserRecordModule {}
