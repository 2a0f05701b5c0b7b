import { Body, Controller, Get, Param, Patch } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ManagementAuth } from '../auth/access.js';
import { type JsonMode, PatchMode } from '../http/json-body.js';
import { Versioned } from '../http/versioned.js';
import { type Write, WriteRequest } from '../writes/write-request.js';
import { OfTenant } from '../tenancy/of-tenant.js';
import type { Tenant } from '../tenancy/tenant.js';
import * as docs from './user-parts.docs.js';
import {
  UpdateCustomDataDto,
  UpdateIsSuspendedDto,
  UpdateSignInDto,
  UpdateUserProfileDto,
} from './user-parts.dto.js';
import { toUserDto, type UserDto } from './user.dto.js';
import { UsersService } from './record/users.service.js';
import { WritesUser } from '../writes/writes.js';

type JsonObject = Record<string, unknown>;

/** Management: parts of a user that are read or changed on their own. */
@ApiTags('users')
@Controller('api/users/:userId')
export class UserPartsController {
  constructor(private readonly users: UsersService) {}

  @Get('custom-data')
  @ManagementAuth('users:read')
  @docs.GetCustomData()
  async getCustomData(
    @OfTenant() { id: tenantId }: Tenant,
    @Param('userId') id: string,
  ): Promise<Versioned<JsonObject>> {
    const user = await this.users.get(tenantId, id);
    return new Versioned(user.version, user.customData);
  }

  @Patch('custom-data')
  @ManagementAuth('users:write')
  @WritesUser({ part: 'customData', isQuick: true })
  @docs.UpdateCustomData()
  async updateCustomData(
    @OfTenant() { id: tenantId }: Tenant,
    @Param('userId') id: string,
    @Body() patch: UpdateCustomDataDto,
    @PatchMode('assign') json: JsonMode,
    @WriteRequest() write: Write,
  ): Promise<Versioned<JsonObject>> {
    const user = await this.users.update(tenantId, id, patch, { ...write, json });
    return new Versioned(user.version, user.customData);
  }

  @Get('profile')
  @ManagementAuth('users:read')
  @docs.GetUserProfile()
  async getProfile(
    @OfTenant() { id: tenantId }: Tenant,
    @Param('userId') id: string,
  ): Promise<Versioned<JsonObject>> {
    const user = await this.users.get(tenantId, id);
    return new Versioned(user.version, user.profile);
  }

  @Patch('profile')
  @ManagementAuth('users:write')
  @WritesUser({ part: 'profile', isQuick: true })
  @docs.UpdateUserProfile()
  async updateProfile(
    @OfTenant() { id: tenantId }: Tenant,
    @Param('userId') id: string,
    @Body() patch: UpdateUserProfileDto,
    @PatchMode('assign') json: JsonMode,
    @WriteRequest() write: Write,
  ): Promise<Versioned<JsonObject>> {
    const user = await this.users.update(tenantId, id, patch, { ...write, json });
    return new Versioned(user.version, user.profile);
  }

  @Patch('is-suspended')
  @ManagementAuth('users:write')
  @WritesUser({ isQuick: true })
  @docs.UpdateIsSuspended()
  async updateIsSuspended(
    @OfTenant() { id: tenantId }: Tenant,
    @Param('userId') id: string,
    @Body() patch: UpdateIsSuspendedDto,
    @WriteRequest() write: Write,
  ): Promise<Versioned<UserDto>> {
    const user = await this.users.update(tenantId, id, patch, write);
    return new Versioned(user.version, toUserDto(user));
  }

  @Patch('sign-in')
  @ManagementAuth('users:write')
  @WritesUser({ isQuick: true })
  @docs.UpdateSignIn()
  async updateSignIn(
    @OfTenant() { id: tenantId }: Tenant,
    @Param('userId') id: string,
    @Body() patch: UpdateSignInDto,
    @WriteRequest() write: Write,
  ): Promise<Versioned<UserDto>> {
    const user = await this.users.update(tenantId, id, patch, write);
    return new Versioned(user.version, toUserDto(user));
  }
}
