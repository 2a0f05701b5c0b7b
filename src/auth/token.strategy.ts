import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { Strategy, type StrategyOptionsWithoutRequest } from 'passport-jwt';
import { Env } from '../config/env.js';
import { bearerToken } from './bearer-token.js';
import { toPrincipal, type TokenRules } from './claims.js';
import { IssuerKeys } from './issuer-keys.js';
import type { Principal } from './principal.js';
import { verifyToken } from './verify-token.js';

type Done = (error: unknown, claims?: Record<string, unknown>) => void;

/**
 * passport-jwt verifies by jsonwebtoken, which takes a single key and knows no EdDSA. What it is given
 * as the key are all keys of the issuer, and this verifies by jose.
 */
Object.assign(Strategy, {
  JwtVerifier: (token: string, keys: unknown, _options: unknown, done: Done) => {
    verifyToken(token, keys as IssuerKeys).then((claims) => done(null, claims), done);
  },
});

function options(keys: IssuerKeys): StrategyOptionsWithoutRequest {
  return {
    jwtFromRequest: (request: unknown) =>
      bearerToken((request as FastifyRequest).headers.authorization),
    secretOrKeyProvider: (_request, _token, done) => done(null, keys as unknown as string),
  };
}

const tokenRules = (env: Env): TokenRules => ({
  issuer: env.AUTH_ISSUER ?? '',
  audiences: { user: env.AUTH_USER_AUDIENCE, management: env.AUTH_MANAGEMENT_AUDIENCE },
  clients: { user: env.AUTH_USER_CLIENTS, management: env.AUTH_MANAGEMENT_CLIENTS },
  scopePrefix: env.AUTH_SCOPE_PREFIX,
  userDefaultScopes: env.AUTH_USER_DEFAULT_SCOPES,
});

@Injectable()
export class UserTokenStrategy extends PassportStrategy(Strategy, 'user') {
  private readonly rules: TokenRules;

  constructor(env: Env, keys: IssuerKeys) {
    super(options(keys));
    this.rules = tokenRules(env);
  }

  validate(claims: Record<string, unknown>): Principal {
    return toPrincipal('user', claims, this.rules);
  }
}

@Injectable()
export class ManagementTokenStrategy extends PassportStrategy(Strategy, 'management') {
  private readonly rules: TokenRules;

  constructor(env: Env, keys: IssuerKeys) {
    super(options(keys));
    this.rules = tokenRules(env);
  }

  validate(claims: Record<string, unknown>): Principal {
    return toPrincipal('management', claims, this.rules);
  }
}
