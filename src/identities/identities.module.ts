import { Module } from '@nestjs/common';
import { UserRecordModule } from '../users/record/user-record.module.js';
import { IdentitiesController } from './identities.controller.js';

@Module({ imports: [UserRecordModule], controllers: [IdentitiesController] })
export class IdentitiesModule {}
