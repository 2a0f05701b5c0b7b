import { Module } from '@nestjs/common';
import { ErasureService } from './erasure.service.js';
import { OwnedRowsService } from './owned-rows.service.js';
import { StoredPasswordsService } from './stored-passwords.service.js';
import { UserReads } from './user-reads.js';
import { UserWrites } from './user-writes.js';
import { UsersService } from './users.service.js';

const SERVICES = [UsersService, OwnedRowsService, StoredPasswordsService, ErasureService];

/** What both audiences share. */
@Module({
  providers: [...SERVICES, UserReads, UserWrites],
  exports: SERVICES,
})
export class UserRecordModule {}
