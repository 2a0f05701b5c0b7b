import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { atMost } from '../database/at-most.js';
import { Env } from '../config/env.js';
import type { Tenant } from '../tenancy/tenant.js';
import type { TokenRules } from './claims.js';
import { IssuerKeys, type KeySource } from './issuer-keys.js';
import type { TokenKind } from './principal.js';

/** Issuers whose keys are kept at most: as many as tenants are, or keys of some would be fetched again and again. */
const MAX_ISSUERS = 10_000;

/** By what tokens are verified for one tenant, or for the operators. */
export interface Realm {
  /** Another one as soon as anything of it is another. */
  key: string;
  rules: TokenRules;
  keys: IssuerKeys;
}

/** The realm of each request. Tenants with one issuer share its keys, and nothing else. */
@Injectable()
export class Realms {
  private readonly keys = new LRUCache<string, IssuerKeys>(atMost(MAX_ISSUERS));
  private readonly realms = new WeakMap<Tenant, Record<'user' | 'management', Realm>>();
  private readonly operators: Realm;

  constructor(env: Env) {
    const { AUTH_USER_AUDIENCE: user, AUTH_MANAGEMENT_AUDIENCE: management } = env;
    const issuer = env.OPERATOR_ISSUER ?? '';
    this.operators = {
      key: 'operators',
      rules: {
        issuer,
        audiences: { user, management, operator: env.OPERATOR_AUDIENCE },
        clients: {},
        scopePrefix: env.AUTH_SCOPE_PREFIX,
        userDefaultScopes: [],
      },
      keys: new IssuerKeys({ issuer, jwksUri: env.OPERATOR_JWKS_URI, settings: 'OPERATOR' }),
    };
  }

  /** @param kind of the tokens that the route asks for; every other than of operators is of a tenant */
  of({ tenant }: FastifyRequest, kind: TokenKind): Realm {
    return kind === 'operator' ? this.operators : this.realmsOf(tenant)[kind];
  }

  /** Whether all keys that its tokens are verified by are known, after trying once more when not. */
  async knowsKeys(tenant: Tenant): Promise<boolean> {
    const { user, management } = this.realmsOf(tenant);
    const known = await Promise.all([user, management].map(({ keys }) => keys.known()));
    return !known.includes(false);
  }

  private realmsOf(tenant: Tenant): Record<'user' | 'management', Realm> {
    const known = this.realms.get(tenant);
    if (known) return known;
    const { id, tokens } = tenant;
    const { issuer, jwksUri, managementIssuer, ...rules } = tokens;
    const realm = (source: KeySource): Realm => ({
      key: hash('sha256', JSON.stringify([id, tokens, source]), 'base64'),
      rules: { issuer: source.issuer, ...rules },
      keys: this.keysOf(source),
    });
    const user = realm({ issuer, jwksUri, settings: 'AUTH' });
    const management = managementIssuer
      ? realm({ ...managementIssuer, settings: 'AUTH_MANAGEMENT' })
      : user;
    this.realms.set(tenant, { user, management });
    return { user, management };
  }

  private keysOf(source: KeySource): IssuerKeys {
    const name = JSON.stringify([source.issuer, source.jwksUri]);
    const keys = this.keys.get(name) ?? new IssuerKeys(source);
    this.keys.set(name, keys);
    return keys;
  }
}
