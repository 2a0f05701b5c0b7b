import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  Patch,
  Post,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ManagementAuth } from '../auth/access.js';
import { type JsonMode, PatchMode } from '../http/json-body.js';
import { Flag, TakesFlag } from '../http/flags.js';
import { Versioned } from '../http/versioned.js';
import { type Write, WriteRequest } from '../writes/write-request.js';
import { PasswordHasher } from '../hashing/password-hasher.js';
import { toStoredPassword } from '../hashing/stored-password.js';
import { type CostOf, Costs } from '../limits/cost.js';
import { Limits } from '../limits/limits.js';
import { CreateUserDto } from './create-user.dto.js';
import { ErasureService } from './record/erasure.service.js';
import { UpdateUserDto } from './update-user.dto.js';
import { pageHeaders } from './search/user-page.js';
import { isFar, parseUserQuery, USUAL_PAGE_SIZE } from './search/user-query.js';
import { toUserDto, type UserDto } from './user.dto.js';
import type { UserRow } from './record/user-row.js';
import { OfTenant } from '../tenancy/of-tenant.js';
import type { Tenant } from '../tenancy/tenant.js';
import * as docs from './users.docs.js';
import { UsersSearchService } from './search/users-search.service.js';
import { UsersService } from './record/users.service.js';
import { WritesUser } from '../writes/writes.js';

const PAGING = ['page', 'page_size', 'cursor'];

/** A page is read, unless it is far away; whatever else is asked for has to be looked for. */
const costOfList: CostOf = ({ query }) => {
  const { page = 1, page_size: size = USUAL_PAGE_SIZE } = query as Record<string, unknown>;
  const isPage = Object.keys(query as object).every((name) => PAGING.includes(name));
  return isPage && !isFar(Number(page), Number(size)) ? 'read' : 'search';
};

/** Management: any user, by a client that has a management token. */
@ApiTags('users')
@Controller('api/users')
export class UsersController {
  constructor(
    private readonly users: UsersService,
    private readonly search: UsersSearchService,
    private readonly erasure: ErasureService,
    private readonly hasher: PasswordHasher,
    private readonly limits: Limits,
  ) {}

  @Post()
  @ManagementAuth('users:write')
  @WritesUser()
  @docs.CreateUser()
  async create(
    @OfTenant() { id: tenantId }: Tenant,
    @Body() { id, password, passwordDigest, passwordAlgorithm, ...fields }: CreateUserDto,
    @WriteRequest() write: Write,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Versioned<UserDto>> {
    if (password) await this.limits.admit(request, reply, 'password');
    const stored =
      passwordDigest && passwordAlgorithm
        ? toStoredPassword(passwordAlgorithm, passwordDigest)
        : password && (await this.hasher.hash(password));
    const user = await this.users.create(
      tenantId,
      { ...fields, ...(stored && { password: stored }) },
      write,
      id,
    );
    void reply.header('Location', `users/${encodeURIComponent(user.id)}`);
    return answer(user);
  }

  @Get()
  @Costs(costOfList)
  @ManagementAuth('users:read')
  @docs.ListUsers()
  async list(
    @OfTenant() { id: tenantId }: Tenant,
    @Query() parameters: Record<string, unknown>,
    @Req() { url }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UserDto[]> {
    const query = parseUserQuery(parameters);
    const page = await this.search.list(tenantId, query);
    void reply.headers({ 'Cache-Control': 'private, no-cache', ...pageHeaders(page, query, url) });
    return page.users.map(toUserDto);
  }

  @Get(':userId')
  @ManagementAuth('users:read')
  @docs.GetUser()
  async get(
    @OfTenant() { id: tenantId }: Tenant,
    @Param('userId') id: string,
  ): Promise<Versioned<UserDto>> {
    return answer(await this.users.get(tenantId, id));
  }

  @Patch(':userId')
  @ManagementAuth('users:write')
  @WritesUser({ isQuick: true })
  @docs.UpdateUser()
  async update(
    @OfTenant() { id: tenantId }: Tenant,
    @Param('userId') id: string,
    @Body() patch: UpdateUserDto,
    @PatchMode('replace') json: JsonMode,
    @WriteRequest() write: Write,
  ): Promise<Versioned<UserDto>> {
    return answer(await this.users.update(tenantId, id, patch, { ...write, json }));
  }

  @Delete(':userId')
  @HttpCode(204)
  @ManagementAuth('users:delete')
  @WritesUser()
  @TakesFlag('erase', 'Also erase every value from the events of the user, deleted or not yet.')
  @docs.DeleteUser()
  async delete(
    @OfTenant() { id: tenantId }: Tenant,
    @Param('userId') id: string,
    @WriteRequest() write: Write,
    @Flag('erase') erase: boolean,
  ): Promise<void> {
    await (erase
      ? this.erasure.erase(tenantId, id, write)
      : this.users.delete(tenantId, id, write));
  }
}

const answer = (user: UserRow) => new Versioned(user.version, toUserDto(user));
