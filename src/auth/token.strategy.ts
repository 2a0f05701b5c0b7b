import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { Strategy, type StrategyOptionsWithRequest } from 'passport-jwt';
import { bearerToken } from '../http/bearer-token.js';
import { toPrincipal } from './claims.js';
import type { Principal, TokenKind } from './principal.js';
import { Realms } from './realms.js';
import { type Claims, tokenVerifier } from './verify-token.js';

type Verify = (token: string) => Promise<Claims>;
type Done = (error: unknown, claims?: Claims) => void;

/**
 * passport-jwt verifies by jsonwebtoken, which takes a single key and knows no EdDSA. What it is given
 * as the key is what verifies, with all keys of the issuer, by jose.
 */
Object.assign(Strategy, {
  JwtVerifier: (token: string, verify: Verify, _options: unknown, done: Done) => {
    verify(token).then((claims) => done(null, claims), done);
  },
});

function options(kind: TokenKind, realms: Realms) {
  const verify = tokenVerifier(kind);
  return {
    jwtFromRequest: (request: unknown) =>
      bearerToken((request as FastifyRequest).headers.authorization),
    secretOrKeyProvider: (request: unknown, _token, done) => {
      const realm = realms.of(request as FastifyRequest, kind);
      done(null, ((token: string) => verify(token, realm)) as unknown as string);
    },
    passReqToCallback: true,
  } satisfies StrategyOptionsWithRequest;
}

/** The strategy of one kind of token; what it accepts is said by the realm of the request. */
function strategyOf(kind: TokenKind) {
  @Injectable()
  class TokenStrategy extends PassportStrategy(Strategy, kind) {
    constructor(private readonly realms: Realms) {
      super(options(kind, realms));
    }

    validate(request: FastifyRequest, claims: Claims): Principal {
      return toPrincipal(kind, claims, this.realms.of(request, kind).rules);
    }
  }
  return TokenStrategy;
}

export const TOKEN_STRATEGIES = (['user', 'management', 'operator'] as const).map(strategyOf);
