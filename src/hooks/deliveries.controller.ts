import { Body, Controller, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ManagementAuth } from '../auth/access.js';
import { pageLink } from '../http/page-link.js';
import { OfTenant } from '../tenancy/of-tenant.js';
import type { Tenant } from '../tenancy/tenant.js';
import { CreateReplayDto, whatToReplay } from './create-replay.dto.js';
import { type DeliveryDto, type ReplayDto, toDeliveryDto } from './delivery.dto.js';
import * as docs from './deliveries.docs.js';
import { DeliveriesService } from '../deliveries/deliveries.service.js';
import { parseDeliveryQuery, sequenceOf } from './delivery-query.js';
import { Writes } from '../writes/writes.js';

/** Management: what was sent to a hook, what was not, and how to send it again. */
@ApiTags('hooks')
@Controller('api/hooks/:hookId')
export class DeliveriesController {
  constructor(private readonly deliveries: DeliveriesService) {}

  @Post('replay')
  @HttpCode(202)
  @ManagementAuth('hooks:manage')
  @Writes()
  @docs.ReplayHook()
  async replay(
    @OfTenant() { id: tenantId }: Tenant,
    @Param('hookId') hookId: string,
    @Body() body: CreateReplayDto,
  ): Promise<ReplayDto> {
    return { replayed: await this.deliveries.replayMany(tenantId, hookId, whatToReplay(body)) };
  }

  @Get('deliveries')
  @ManagementAuth('hooks:manage')
  @docs.ListDeliveries()
  async list(
    @OfTenant() { id: tenantId }: Tenant,
    @Param('hookId') hookId: string,
    @Query() parameters: Record<string, unknown>,
    @Req() { url }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DeliveryDto[]> {
    const query = parseDeliveryQuery(parameters);
    const page = await this.deliveries.list(tenantId, hookId, query);
    const oldest = page.at(-1);
    if (oldest && page.length === query.limit)
      void reply.header('Link', pageLink(url, 'next', { cursor: oldest.sequence }));
    void reply.header('Cache-Control', 'private, no-cache');
    return page.map(toDeliveryDto);
  }

  @Post('deliveries/:deliveryId/replay')
  @HttpCode(202)
  @ManagementAuth('hooks:manage')
  @Writes()
  @docs.ReplayDelivery()
  async replayOne(
    @OfTenant() { id: tenantId }: Tenant,
    @Param('hookId') hookId: string,
    @Param('deliveryId') deliveryId: string,
  ): Promise<DeliveryDto> {
    return toDeliveryDto(await this.deliveries.replay(tenantId, hookId, sequenceOf(deliveryId)));
  }
}
