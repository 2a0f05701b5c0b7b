import { Module } from '@nestjs/common';
import { UsersModule } from '../users/users.module.js';
import { IdentitiesController } from './identities.controller.js';

@Module({ imports: [UsersModule], controllers: [IdentitiesController] })
export class IdentitiesModule {}
