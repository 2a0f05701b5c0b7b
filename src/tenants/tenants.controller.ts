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
import { OperatorAuth } from '../auth/access.js';
import { type JsonMode, PatchMode } from '../http/json-body.js';
import { pageLink } from '../http/page-link.js';
import { Versioned } from '../http/versioned.js';
import { type Write, WriteRequest } from '../writes/write-request.js';
import { CreateTenantDto } from './create-tenant.dto.js';
import { type TenantDto, toTenantDto } from './tenant.dto.js';
import { parseTenantQuery } from './tenant-query.js';
import type { TenantRecord } from './tenant-record.js';
import * as docs from './tenants.docs.js';
import { TenantsService } from './tenants.service.js';
import { UpdateTenantDto } from './update-tenant.dto.js';

/** Operators: which tenants there are. On operator hosts only. */
@ApiTags('tenants')
@Controller('api/tenants')
export class TenantsController {
  constructor(private readonly tenants: TenantsService) {}

  @Get()
  @OperatorAuth()
  @docs.ListTenants()
  async list(
    @Query() parameters: Record<string, unknown>,
    @Req() { url }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TenantDto[]> {
    const { after, pageSize } = parseTenantQuery(parameters);
    const found = await this.tenants.list(after, pageSize + 1);
    const page = found.slice(0, pageSize);
    const last = page.at(-1);
    if (last && found.length > pageSize)
      void reply.header('Link', pageLink(url, 'next', { cursor: last.id }));
    void reply.header('Cache-Control', 'private, no-cache');
    return page.map(toTenantDto);
  }

  @Post()
  @OperatorAuth()
  @docs.CreateTenant()
  async create(
    @Body() { id, ...fields }: CreateTenantDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Versioned<TenantDto>> {
    const tenant = await this.tenants.create(id, fields);
    void reply.header('Location', `tenants/${id}`);
    return answer(tenant);
  }

  @Get(':tenantId')
  @OperatorAuth()
  @docs.GetTenant()
  async get(@Param('tenantId') id: string): Promise<Versioned<TenantDto>> {
    return answer(await this.tenants.get(id));
  }

  @Patch(':tenantId')
  @OperatorAuth()
  @docs.UpdateTenant()
  async update(
    @Param('tenantId') id: string,
    @Body() patch: UpdateTenantDto,
    @PatchMode('replace') json: JsonMode,
    @WriteRequest() write: Write,
  ): Promise<Versioned<TenantDto>> {
    return answer(await this.tenants.update(id, patch, write, json));
  }

  @Delete(':tenantId')
  @HttpCode(204)
  @OperatorAuth()
  @docs.DeleteTenant()
  async delete(@Param('tenantId') id: string, @WriteRequest() write: Write): Promise<void> {
    await this.tenants.delete(id, write);
  }
}

const answer = (tenant: TenantRecord) => new Versioned(tenant.version, toTenantDto(tenant));
