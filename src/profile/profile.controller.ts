import { Body, Controller, Get, Patch } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { UserAuth } from '../auth/access.js';
import { forbidden } from '../auth/bearer-token.js';
import { CurrentPrincipal, type Principal } from '../auth/principal.js';
import { type JsonMode, PatchMode } from '../http/json-body.js';
import { IfMatch, type Versions } from '../http/preconditions.js';
import { Versioned } from '../http/versioned.js';
import type { UserRow } from '../users/user-row.js';
import { UsersService } from '../users/users.service.js';
import { UpdateOwnClaimsDto } from './own-claims.dto.js';
import { type OwnUserDto, toOwnProfile, toOwnUserDto } from './own-user.dto.js';
import * as docs from './profile.docs.js';
import { UpdateProfileDto } from './update-profile.dto.js';

/** Self-service: the user that the token was issued for. No id is read from anywhere else. */
@ApiTags('profile')
@Controller('api/profile')
export class ProfileController {
  constructor(private readonly users: UsersService) {}

  @Get()
  @UserAuth('profile')
  @docs.GetProfile()
  async get(@CurrentPrincipal() me: Principal): Promise<Versioned<OwnUserDto>> {
    return answer(await this.users.get(me.subject, { refuseSuspended: true }), me);
  }

  @Patch()
  @UserAuth('profile')
  @docs.UpdateProfile()
  async update(
    @CurrentPrincipal() me: Principal,
    @Body() patch: UpdateProfileDto,
    @IfMatch() ifMatch?: Versions,
  ): Promise<Versioned<OwnUserDto>> {
    return answer(
      await this.users.update(me.subject, patch, { ifMatch, refuseSuspended: true }),
      me,
    );
  }

  @Patch('profile')
  @UserAuth('profile')
  @docs.UpdateOwnClaims()
  async updateClaims(
    @CurrentPrincipal() me: Principal,
    @Body() patch: UpdateOwnClaimsDto,
    @PatchMode('assign') json: JsonMode,
    @IfMatch() ifMatch?: Versions,
  ): Promise<Versioned<Record<string, unknown>>> {
    if ('address' in patch.profile && !me.scopes.has('address')) throw forbidden(['address']);
    const user = await this.users.update(me.subject, patch, {
      ifMatch,
      json,
      refuseSuspended: true,
    });
    return new Versioned(user.version, toOwnProfile(user, me.scopes));
  }
}

const answer = (user: UserRow, { scopes }: Principal) =>
  new Versioned(user.version, toOwnUserDto(user, scopes));
