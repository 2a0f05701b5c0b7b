import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ManagementAuth } from '../auth/access.js';
import { type JsonMode, PatchMode } from '../http/json-body.js';
import { Versioned } from '../http/versioned.js';
import { type Write, WriteRequest } from '../writes/write-request.js';
import { OfTenant } from '../tenancy/of-tenant.js';
import type { Tenant } from '../tenancy/tenant.js';
import { CreateHookDto } from './create-hook.dto.js';
import { type HookDto, type NewHookDto, type SecretDto, toHookDto } from './hook.dto.js';
import type { Hook } from './record/hook-row.js';
import { HookTester } from './hook-tester.js';
import * as docs from './hooks.docs.js';
import { HooksService } from './hooks.service.js';
import type { Attempt } from '../deliveries/receiver.js';
import { UpdateHookDto } from './update-hook.dto.js';
import { Writes } from '../writes/writes.js';

/** Management: where events are sent to. */
@ApiTags('hooks')
@Controller('api/hooks')
export class HooksController {
  constructor(
    private readonly hooks: HooksService,
    private readonly tester: HookTester,
  ) {}

  @Get()
  @ManagementAuth('hooks:manage')
  @docs.ListHooks()
  async list(
    @OfTenant() { id: tenantId }: Tenant,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<HookDto[]> {
    void reply.header('Cache-Control', 'private, no-cache');
    return (await this.hooks.list(tenantId)).map(toHookDto);
  }

  @Post()
  @ManagementAuth('hooks:manage')
  @Writes()
  @docs.CreateHook()
  async create(
    @OfTenant() { id: tenantId }: Tenant,
    @Body() { url, types = [], headers = {}, enabled = true, excludeClientIds = [] }: CreateHookDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Versioned<NewHookDto>> {
    const settings = { url, types, headers, enabled, excludeClientIds };
    const { hook, secret } = await this.hooks.create(tenantId, settings);
    void reply.header('Location', `hooks/${hook.id}`);
    return new Versioned(hook.version, Object.assign(toHookDto(hook), { secret }));
  }

  @Get(':hookId')
  @ManagementAuth('hooks:manage')
  @docs.GetHook()
  async get(
    @OfTenant() { id: tenantId }: Tenant,
    @Param('hookId') id: string,
  ): Promise<Versioned<HookDto>> {
    return answer(await this.hooks.get(tenantId, id));
  }

  @Patch(':hookId')
  @ManagementAuth('hooks:manage')
  @Writes()
  @docs.UpdateHook()
  async update(
    @OfTenant() { id: tenantId }: Tenant,
    @Param('hookId') id: string,
    @Body() patch: UpdateHookDto,
    @PatchMode('replace') json: JsonMode,
    @WriteRequest() write: Write,
  ): Promise<Versioned<HookDto>> {
    return answer(await this.hooks.update(tenantId, id, patch, write, json));
  }

  @Delete(':hookId')
  @HttpCode(204)
  @ManagementAuth('hooks:manage')
  @Writes()
  @docs.DeleteHook()
  async delete(
    @OfTenant() { id: tenantId }: Tenant,
    @Param('hookId') id: string,
    @WriteRequest() write: Write,
  ): Promise<void> {
    await this.hooks.delete(tenantId, id, write);
  }

  @Post(':hookId/rotate-secret')
  @HttpCode(200)
  @ManagementAuth('hooks:manage')
  @Writes()
  @docs.RotateSecret()
  async rotateSecret(
    @OfTenant() { id: tenantId }: Tenant,
    @Param('hookId') id: string,
    @WriteRequest() write: Write,
  ): Promise<Versioned<SecretDto>> {
    const { hook, secret } = await this.hooks.rotateSecret(tenantId, id, write);
    return new Versioned(hook.version, { secret });
  }

  @Post(':hookId/test')
  @HttpCode(200)
  @ManagementAuth('hooks:manage')
  @docs.TestHook()
  test(@OfTenant() { id: tenantId }: Tenant, @Param('hookId') id: string): Promise<Attempt> {
    return this.tester.test(tenantId, id);
  }
}

const answer = (hook: Hook) => new Versioned(hook.version, toHookDto(hook));
