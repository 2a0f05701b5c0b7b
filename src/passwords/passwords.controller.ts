import { Body, Controller, Get, HttpCode, Param, Patch, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ManagementAuth } from '../auth/access.js';
import { Versioned } from '../http/versioned.js';
import { type Write, WriteRequest } from '../http/write.js';
import { toUserDto, type UserDto } from '../users/user.dto.js';
import { UsersService } from '../users/users.service.js';
import { PasswordDto } from './password.dto.js';
import { PasswordHasher } from './password-hasher.js';
import * as docs from './passwords.docs.js';
import { PasswordsService } from './passwords.service.js';
import { Writes, WritesUser } from '../writes/writes.js';

/** Management: a user's password, for teams that keep it here. */
@ApiTags('users')
@Controller('api/users/:userId')
export class PasswordsController {
  constructor(
    private readonly users: UsersService,
    private readonly hasher: PasswordHasher,
    private readonly passwords: PasswordsService,
  ) {}

  @Patch('password')
  @ManagementAuth('users:password')
  @WritesUser()
  @docs.UpdatePassword()
  async update(
    @Param('userId') id: string,
    @Body() { password }: PasswordDto,
    @WriteRequest() write: Write,
  ): Promise<Versioned<UserDto>> {
    const stored = await this.hasher.hash(password);
    const user = await this.users.update(id, { password: stored }, write);
    return new Versioned(user.version, toUserDto(user));
  }

  @Post('password/verify')
  @HttpCode(204)
  @ManagementAuth('users:password')
  @Writes()
  @docs.VerifyPassword()
  async verify(@Param('userId') id: string, @Body() { password }: PasswordDto): Promise<void> {
    await this.passwords.verify(id, password);
  }

  @Get('has-password')
  @ManagementAuth('users:read')
  @docs.HasPassword()
  async has(@Param('userId') id: string): Promise<Versioned<{ hasPassword: boolean }>> {
    const { version, hasPassword } = await this.users.get(id);
    return new Versioned(version, { hasPassword });
  }
}
