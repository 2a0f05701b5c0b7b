import {
  verifyWebhook,
  type WebhookEvent,
  WebhookVerificationError,
} from '@nameplate/client/webhook';
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
import { SETTINGS, type Settings } from './settings.js';

/** Takes webhooks. An error is answered with 5xx, and nameplate sends the event again. */
@Controller('hook')
export class HookController {
  constructor(
    private readonly mirror: Mirror,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  @Post()
  @HttpCode(204)
  async receive(@Req() request: RawBodyRequest<FastifyRequest>): Promise<void> {
    const event = this.genuine(request);
    // A test delivery is genuine, too, but tells of no user.
    if (event.type !== 'Hook.Test') await this.mirror.apply(event);
  }

  private genuine({ headers, rawBody }: RawBodyRequest<FastifyRequest>): WebhookEvent {
    const { hookSecret } = this.settings;
    if (!hookSecret || !rawBody) throw new UnauthorizedException();
    try {
      return verifyWebhook(hookSecret, headers, rawBody);
    } catch (error) {
      if (error instanceof WebhookVerificationError) throw new UnauthorizedException();
      throw error;
    }
  }
}
