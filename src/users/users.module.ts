import { Module } from '@nestjs/common';
import { UserPartsController } from './user-parts.controller.js';
import { UsersController } from './users.controller.js';
import { UsersService } from './users.service.js';

@Module({
  controllers: [UsersController, UserPartsController],
  providers: [UsersService],
  exports: [UsersService],
})
export class UsersModule {}
