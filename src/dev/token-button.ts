import { Controller, Get, Header, Module, Req } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';
import { Public, SECURITY_SCHEMES } from '../auth/access.js';
import { Env } from '../config/env.js';
import { AppError } from '../errors/app-error.js';
import { developmentToken } from './development-token.js';

/** Where Swagger UI at /docs asks, relative to it. */
export const TOKENS_URL = 'development-issuer/tokens';

const LOCAL_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/** Nobody from elsewhere, nor a page of another host whose name leads here, may have tokens. */
const isOfThisMachine = ({ socket, headers }: FastifyRequest) =>
  ipaddr.process(socket.remoteAddress ?? '0.0.0.0').range() === 'loopback' &&
  LOCAL_HOST.test(headers.host ?? '');

/** What the button of Swagger UI fills in. */
@ApiExcludeController()
@Controller(TOKENS_URL)
@Public()
class TokenButtonController {
  constructor(private readonly env: Env) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  async tokens(@Req() request: FastifyRequest): Promise<Record<string, string>> {
    if (!isOfThisMachine(request))
      throw new AppError('request.route_not_found', 'No route has this path.');
    return {
      [SECURITY_SCHEMES.user]: await developmentToken(this.env, 'user'),
      [SECURITY_SCHEMES.management]: await developmentToken(this.env, 'management'),
    };
  }
}

@Module({ controllers: [TokenButtonController] })
export class TokenButtonModule {}
