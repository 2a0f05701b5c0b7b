import { Body, Controller, Delete, Param, Put, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ManagementAuth } from '../auth/access.js';
import { AppError } from '../errors/app-error.js';
import { Versioned } from '../http/versioned.js';
import { type Write, WriteRequest } from '../writes/write-request.js';
import { OfTenant } from '../tenancy/of-tenant.js';
import type { Tenant } from '../tenancy/tenant.js';
import { randomId } from '../text/random-id.js';
import { toUserDto, type UserDto } from '../users/user.dto.js';
import type { UserRow } from '../users/record/user-row.js';
import { OwnedRowsService } from '../users/record/owned-rows.service.js';
import * as docs from './identities.docs.js';
import { PutIdentityDto, PutSsoIdentityDto } from './identity.dto.js';
import * as statements from './identity.statements.js';
import { identityKey } from './identity-key.js';
import { WritesUser } from '../writes/writes.js';

/** Management: which accounts elsewhere are the same user. */
@ApiTags('users')
@Controller('api/users/:userId')
export class IdentitiesController {
  constructor(private readonly owned: OwnedRowsService) {}

  @Put('identities/:target')
  @ManagementAuth('users:write')
  @WritesUser({ part: 'identities' })
  @docs.PutIdentity()
  async put(
    @OfTenant() { id: tenantId }: Tenant,
    @Param('userId') userId: string,
    @Param('target') target: string,
    @Body() { userId: identityId, details = {} }: PutIdentityDto,
    @Res({ passthrough: true }) reply: FastifyReply,
    @WriteRequest() write: Write,
  ): Promise<Versioned<UserRow['identities']>> {
    const key = identityKey('target', target);
    const { before, after } = await this.owned.change(
      tenantId,
      userId,
      statements.putSocial({ tenantId, userId, key }, { identityId, details }),
      write,
    );
    void reply.status(Object.hasOwn(before.identities, key) ? 200 : 201);
    return new Versioned(after.version, after.identities);
  }

  @Delete('identities/:target')
  @ManagementAuth('users:write')
  @WritesUser()
  @docs.DeleteIdentity()
  async delete(
    @OfTenant() { id: tenantId }: Tenant,
    @Param('userId') userId: string,
    @Param('target') target: string,
    @WriteRequest() write: Write,
  ): Promise<Versioned<UserDto>> {
    const key = identityKey('target', target);
    const { before, after } = await this.owned.change(
      tenantId,
      userId,
      statements.deleteSocial({ tenantId, userId, key }),
      write,
    );
    return removed(Object.hasOwn(before.identities, key), after);
  }

  @Put('sso-identities/:ssoConnectorId')
  @ManagementAuth('users:write')
  @WritesUser({ part: 'ssoIdentities' })
  @docs.PutSsoIdentity()
  async putSso(
    @OfTenant() { id: tenantId }: Tenant,
    @Param('userId') userId: string,
    @Param('ssoConnectorId') ssoConnectorId: string,
    @Body() { detail = {}, ...identity }: PutSsoIdentityDto,
    @Res({ passthrough: true }) reply: FastifyReply,
    @WriteRequest() write: Write,
  ): Promise<Versioned<UserRow['ssoIdentities']>> {
    const key = identityKey('ssoConnectorId', ssoConnectorId);
    const { before, after } = await this.owned.change(
      tenantId,
      userId,
      statements.putEnterprise({ tenantId, userId, key }, { id: randomId(), ...identity, detail }),
      write,
    );
    void reply.status(hasConnector(before, key) ? 200 : 201);
    return new Versioned(after.version, after.ssoIdentities);
  }

  @Delete('sso-identities/:ssoConnectorId')
  @ManagementAuth('users:write')
  @WritesUser()
  @docs.DeleteSsoIdentity()
  async deleteSso(
    @OfTenant() { id: tenantId }: Tenant,
    @Param('userId') userId: string,
    @Param('ssoConnectorId') ssoConnectorId: string,
    @WriteRequest() write: Write,
  ): Promise<Versioned<UserDto>> {
    const key = identityKey('ssoConnectorId', ssoConnectorId);
    const { before, after } = await this.owned.change(
      tenantId,
      userId,
      statements.deleteEnterprise({ tenantId, userId, key }),
      write,
    );
    return removed(hasConnector(before, key), after);
  }
}

const hasConnector = ({ ssoIdentities }: UserRow, key: string) =>
  ssoIdentities.some(({ ssoConnectorId }) => ssoConnectorId === key);

function removed(wasThere: boolean, user: UserRow): Versioned<UserDto> {
  if (!wasThere) throw new AppError('entity.not_found', 'The user has no such identity.');
  return new Versioned(user.version, toUserDto(user));
}
