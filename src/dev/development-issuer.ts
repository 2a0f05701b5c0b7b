import { Controller, Get, Module } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { JWK } from 'jose';
import { Public } from '../auth/access.js';
import { Env } from '../config/env.js';
import { developmentKey } from './signing-key.js';

/** Everything that development keeps between two starts, relative to the working directory. */
export const DATA_FOLDER = '.data';

const PATH = 'development-issuer';

/** Where this machine reaches the service. */
export function localUrl({ host, PORT }: Env): string {
  const isLocal = ['127.0.0.1', '0.0.0.0', '::1', '::', 'localhost'].includes(host);
  if (isLocal) return `http://localhost:${PORT}`;
  return `http://${host.includes(':') ? `[${host}]` : host}:${PORT}`;
}

/** The `iss` of development tokens; the service itself serves its keys. */
export const developmentIssuer = (env: Env) => `${localUrl(env)}/${PATH}`;

/** As much of an OpenID provider as a resource server needs: discovery and keys. */
@ApiExcludeController()
@Controller(PATH)
@Public()
class DevelopmentIssuerController {
  constructor(private readonly env: Env) {}

  @Get('.well-known/openid-configuration')
  discovery() {
    const issuer = developmentIssuer(this.env);
    return { issuer, jwks_uri: `${issuer}/jwks`, response_types_supported: [] };
  }

  @Get('jwks')
  async jwks(): Promise<{ keys: JWK[] }> {
    const { d: _private, ...key } = await developmentKey(DATA_FOLDER);
    return { keys: [key] };
  }
}

@Module({ controllers: [DevelopmentIssuerController] })
export class DevelopmentIssuerModule {}
