import {
  Controller,
  HttpCode,
  Inject,
  Post,
  type RawBodyRequest,
  Req,
  UnauthorizedException,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Mirror } from './mirror.js';
import type { Event } from './nameplate-client.js';
import { SETTINGS, type Settings } from './settings.js';
import { isGenuine } from './webhook-signature.js';

/** Takes webhooks. An error is answered with 5xx, and nameplate sends the event again. */
@Controller('hook')
export class HookController {
  constructor(
    private readonly mirror: Mirror,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  @Post()
  @HttpCode(204)
  async receive(@Req() { headers, body, rawBody }: RawBodyRequest<FastifyRequest>): Promise<void> {
    const { hookSecret } = this.settings;
    if (!hookSecret || !rawBody || !isGenuine(hookSecret, headers, rawBody))
      throw new UnauthorizedException();
    // A test delivery is genuine, too, but tells of no user.
    if ((body as { type: string }).type !== 'Hook.Test') await this.mirror.apply(body as Event);
  }
}
