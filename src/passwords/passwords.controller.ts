import { Body, Controller, Get, HttpCode, Param, Patch, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { ManagementAuth } from '../auth/access.js';
import { Versioned } from '../http/versioned.js';
import { type Write, WriteRequest } from '../writes/write-request.js';
import { Costs } from '../limits/cost.js';
import { FailedPasswords } from '../limits/failed-passwords.js';
import { OfTenant } from '../tenancy/of-tenant.js';
import type { Tenant } from '../tenancy/tenant.js';
import { toUserDto, type UserDto } from '../users/user.dto.js';
import { UsersService } from '../users/record/users.service.js';
import { PasswordDto } from './password.dto.js';
import { PasswordHasher } from '../hashing/password-hasher.js';
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
    private readonly failures: FailedPasswords,
  ) {}

  @Patch('password')
  @Costs('password')
  @ManagementAuth('users:password')
  @WritesUser()
  @docs.UpdatePassword()
  async update(
    @OfTenant() { id: tenantId }: Tenant,
    @Param('userId') id: string,
    @Body() { password }: PasswordDto,
    @WriteRequest() write: Write,
  ): Promise<Versioned<UserDto>> {
    const stored = await this.hasher.hash(password);
    const user = await this.users.update(tenantId, id, { password: stored }, write);
    return new Versioned(user.version, toUserDto(user));
  }

  @Post('password/verify')
  @Costs('password')
  @HttpCode(204)
  @ManagementAuth('users:password')
  @Writes()
  @docs.VerifyPassword()
  async verify(
    @OfTenant() { id: tenantId }: Tenant,
    @Param('userId') id: string,
    @Body() { password }: PasswordDto,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    await this.failures.watch(request, id, () => this.passwords.verify(tenantId, id, password));
  }

  @Get('has-password')
  @ManagementAuth('users:read')
  @docs.HasPassword()
  async has(
    @OfTenant() { id: tenantId }: Tenant,
    @Param('userId') id: string,
  ): Promise<Versioned<{ hasPassword: boolean }>> {
    const { version, hasPassword } = await this.users.get(tenantId, id);
    return new Versioned(version, { hasPassword });
  }
}
