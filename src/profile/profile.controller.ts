import { Body, Controller, Get, Patch, UseGuards } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { UserAuth } from '../auth/access.js';
import { forbidden } from '../http/bearer-token.js';
import { AccessToken, CurrentPrincipal, type Principal } from '../auth/principal.js';
import { type Origin, RequestOrigin } from '../auth/origin.js';
import { type JsonMode, PatchMode } from '../http/json-body.js';
import { Versioned } from '../http/versioned.js';
import { type Write, WriteRequest } from '../writes/write-request.js';
import type { UserPatch, UserRow } from '../users/record/user-row.js';
import { UsersService, type WriteAccess } from '../users/record/users.service.js';
import { UpdateOwnClaimsDto } from './own-claims.dto.js';
import {
  type OwnUserDto,
  profileWithinScopes,
  toOwnUserDto,
  withinScopes,
} from './own-user.dto.js';
import * as docs from './profile.docs.js';
import { Provisioning } from './provisioning.js';
import { checkPatch, shown } from './self-service-policy.js';
import { SelfServiceGuard } from './self-service.guard.js';
import { OfTenant } from '../tenancy/of-tenant.js';
import type { Tenant } from '../tenancy/tenant.js';
import { UpdateProfileDto } from './update-profile.dto.js';
import { WritesUser } from '../writes/writes.js';

/** Self-service: the user that the token was issued for. No id is read from anywhere else. */
@ApiTags('profile')
@Controller('api/profile')
@UseGuards(SelfServiceGuard)
export class ProfileController {
  constructor(
    private readonly users: UsersService,
    private readonly provisioning: Provisioning,
  ) {}

  @Get()
  @UserAuth('profile')
  @docs.GetProfile()
  async get(
    @OfTenant() tenant: Tenant,
    @CurrentPrincipal() me: Principal,
    @AccessToken() token: string,
    @RequestOrigin() origin: Origin,
  ): Promise<Versioned<OwnUserDto>> {
    const user = await this.provisioning.provided(tenant, me.subject, token, origin, () =>
      this.users.get(tenant.id, me.subject, { refuseSuspended: true }),
    );
    return answer(tenant, user, me);
  }

  @Patch()
  @UserAuth('profile')
  @WritesUser({
    isQuick: true,
    shownTo: (user, { scopes }) => withinScopes(user as OwnUserDto, scopes),
  })
  @docs.UpdateProfile()
  async update(
    @OfTenant() tenant: Tenant,
    @CurrentPrincipal() me: Principal,
    @AccessToken() token: string,
    @Body() patch: UpdateProfileDto,
    @WriteRequest() write: Write,
  ): Promise<Versioned<OwnUserDto>> {
    return answer(tenant, await this.change(tenant, me, token, patch, write), me);
  }

  @Patch('profile')
  @UserAuth('profile')
  @WritesUser({
    part: 'profile',
    isQuick: true,
    shownTo: (profile, { scopes }) => profileWithinScopes(profile as UserRow['profile'], scopes),
  })
  @docs.UpdateOwnClaims()
  async updateClaims(
    @OfTenant() tenant: Tenant,
    @CurrentPrincipal() me: Principal,
    @AccessToken() token: string,
    @Body() patch: UpdateOwnClaimsDto,
    @PatchMode('assign') json: JsonMode,
    @WriteRequest() write: Write,
  ): Promise<Versioned<Record<string, unknown>>> {
    if ('address' in patch.profile && !me.scopes.has('address')) throw forbidden(['address']);
    const user = await this.change(tenant, me, token, patch, { ...write, json });
    return new Versioned(user.version, profileWithinScopes(user.profile, me.scopes));
  }

  private change(
    tenant: Tenant,
    { subject }: Principal,
    token: string,
    patch: UserPatch,
    access: WriteAccess,
  ): Promise<UserRow> {
    checkPatch(tenant.selfService, patch);
    return this.provisioning.provided(tenant, subject, token, access.origin, () =>
      this.users.update(tenant.id, subject, patch, { ...access, refuseSuspended: true }),
    );
  }
}

function answer(
  { selfService }: Tenant,
  user: UserRow,
  { scopes }: Principal,
): Versioned<OwnUserDto> {
  return new Versioned(user.version, shown(selfService, toOwnUserDto(user, scopes)));
}
