import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { Strategy, type StrategyOptionsWithoutRequest } from 'passport-jwt';
import { Env } from '../config/env.js';
import { bearerToken } from './bearer-token.js';
import { toPrincipal, type TokenRules } from './claims.js';
import { IssuerKeys, OperatorKeys } from './issuer-keys.js';
import type { Principal, TokenKind } from './principal.js';
import { tokenVerifier, type Verify } from './verify-token.js';

type Done = (error: unknown, claims?: Record<string, unknown>) => void;

/**
 * passport-jwt verifies by jsonwebtoken, which takes a single key and knows no EdDSA. What it is given
 * as the key is what verifies, with all keys of the issuer, by jose.
 */
Object.assign(Strategy, {
  JwtVerifier: (token: string, verify: Verify, _options: unknown, done: Done) => {
    verify(token).then((claims) => done(null, claims), done);
  },
});

function options(kind: TokenKind, rules: TokenRules, keys: IssuerKeys) {
  const verify = tokenVerifier(keys, (claims) => toPrincipal(kind, claims, rules));
  return {
    jwtFromRequest: (request: unknown) =>
      bearerToken((request as FastifyRequest).headers.authorization),
    secretOrKeyProvider: (_request, _token, done) => done(null, verify as unknown as string),
  } satisfies StrategyOptionsWithoutRequest;
}

/** Of operators, whose issuer and audience no tenant has. */
const operatorRules = (env: Env): TokenRules => ({
  ...tokenRules(env),
  issuer: env.OPERATOR_ISSUER ?? '',
  audiences: { ...tokenRules(env).audiences, operator: env.OPERATOR_AUDIENCE },
  clients: {},
});

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
    const rules = tokenRules(env);
    super(options('user', rules, keys));
    this.rules = rules;
  }

  validate(claims: Record<string, unknown>): Principal {
    return toPrincipal('user', claims, this.rules);
  }
}

@Injectable()
export class ManagementTokenStrategy extends PassportStrategy(Strategy, 'management') {
  private readonly rules: TokenRules;

  constructor(env: Env, keys: IssuerKeys) {
    const rules = tokenRules(env);
    super(options('management', rules, keys));
    this.rules = rules;
  }

  validate(claims: Record<string, unknown>): Principal {
    return toPrincipal('management', claims, this.rules);
  }
}

@Injectable()
export class OperatorTokenStrategy extends PassportStrategy(Strategy, 'operator') {
  private readonly rules: TokenRules;

  constructor(env: Env, keys: OperatorKeys) {
    const rules = operatorRules(env);
    super(options('operator', rules, keys));
    this.rules = rules;
  }

  validate(claims: Record<string, unknown>): Principal {
    return toPrincipal('operator', claims, this.rules);
  }
}
