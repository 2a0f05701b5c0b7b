import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import {
  Strategy,
  type SecretOrKeyProvider,
  type StrategyOptionsWithoutRequest,
} from 'passport-jwt';
import { Env } from '../config/env.js';
import { bearerToken } from './bearer-token.js';
import { toPrincipal } from './claims.js';
import { IssuerKeys } from './issuer-keys.js';
import type { Principal, TokenKind } from './principal.js';

/** Asymmetric ones only: an issuer's public key must never serve as an HMAC secret. */
const ALGORITHMS = [
  ...(['RS256', 'RS384', 'RS512'] as const),
  ...(['PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'ES512'] as const),
];

/** Header parameters by which a token brings its own key, or asks for what we do not know. */
const REFUSED_HEADERS = ['jwk', 'jku', 'x5u', 'crit'];

function options(env: Env, keys: IssuerKeys, kind: TokenKind): StrategyOptionsWithoutRequest {
  return {
    jwtFromRequest: (request: unknown) =>
      bearerToken((request as FastifyRequest).headers.authorization),
    secretOrKeyProvider: keyProvider(keys),
    issuer: env.AUTH_ISSUER ?? '',
    audience: audiences(env)[kind],
    algorithms: ALGORITHMS,
    // The claims that say when are checked in one place, `toPrincipal`.
    ignoreExpiration: true,
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- nothing else takes this option
    jsonWebTokenOptions: { ignoreNotBefore: true },
  };
}

function keyProvider(keys: IssuerKeys): SecretOrKeyProvider {
  const find = async (token: string) => {
    const header = decodeProtectedHeader(token);
    if (REFUSED_HEADERS.some((name) => name in header)) throw new Error('refused header');
    if (!(ALGORITHMS as readonly unknown[]).includes(header.alg)) throw new Error('refused alg');
    // jsonwebtoken trips over a payload that is not an object, outside of anything that catches.
    decodeJwt(token);
    return keys.get(header);
  };
  return (_request, token: string, done) => {
    find(token).then(
      // passport-jwt hands it to jsonwebtoken, which takes a KeyObject; its types only know PEM.
      (key) => done(null, key as unknown as string),
      done,
    );
  };
}

const audiences = (env: Env) => ({
  user: env.AUTH_USER_AUDIENCE,
  management: env.AUTH_MANAGEMENT_AUDIENCE,
});

@Injectable()
export class UserTokenStrategy extends PassportStrategy(Strategy, 'user') {
  constructor(
    private readonly env: Env,
    keys: IssuerKeys,
  ) {
    super(options(env, keys, 'user'));
  }

  validate(claims: Record<string, unknown>): Principal | false {
    return toPrincipal('user', claims, audiences(this.env)) ?? false;
  }
}

@Injectable()
export class ManagementTokenStrategy extends PassportStrategy(Strategy, 'management') {
  constructor(
    private readonly env: Env,
    keys: IssuerKeys,
  ) {
    super(options(env, keys, 'management'));
  }

  validate(claims: Record<string, unknown>): Principal | false {
    return toPrincipal('management', claims, audiences(this.env)) ?? false;
  }
}
