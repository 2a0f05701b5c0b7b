import { Controller, Get, Module, Param } from '@nestjs/common';
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

/** The `iss` of development tokens; the service itself serves its keys. With tenants, that of operators. */
export const developmentIssuer = (env: Env) => `${localUrl(env)}/${PATH}`;

/** What AUTH_ISSUER would be: of tenants, each has its own, which goes by the same keys. */
const issuerOfTenants = (env: Env) =>
  env.TENANT_HOSTS.length > 0 ? `${developmentIssuer(env)}/{tenant}` : developmentIssuer(env);

/** Fills in what the settings leave out of issuers: the service's own takes their place. */
export function useDevelopmentIssuer(env: Env): void {
  env.AUTH_ISSUER = issuerOfTenants(env);
  if (env.TENANT_HOSTS.length === 0 || env.OPERATOR_HOSTS.length > 0) return;
  env.OPERATOR_HOSTS = ['localhost', '127.0.0.1'];
  env.OPERATOR_ISSUER = developmentIssuer(env);
  env.OPERATOR_AUDIENCE = 'urn:nameplate:tenants';
}

/** As much of an OpenID provider as a resource server needs: discovery and keys. */
@ApiExcludeController()
@Controller(PATH)
@Public()
class DevelopmentIssuerController {
  constructor(private readonly env: Env) {}

  @Get(['.well-known/openid-configuration', ':tenant/.well-known/openid-configuration'])
  discovery(@Param('tenant') tenant?: string) {
    const keys = developmentIssuer(this.env);
    const issuer = tenant === undefined ? keys : `${keys}/${tenant}`;
    return { issuer, jwks_uri: `${keys}/jwks`, response_types_supported: [] };
  }

  @Get('jwks')
  async jwks(): Promise<{ keys: JWK[] }> {
    const { d: _private, ...key } = await developmentKey(DATA_FOLDER);
    return { keys: [key] };
  }
}

@Module({ controllers: [DevelopmentIssuerController] })
export class DevelopmentIssuerModule {}
