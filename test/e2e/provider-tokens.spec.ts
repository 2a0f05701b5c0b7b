import { readFileSync } from 'node:fs';
import type { FastifyRequest } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { toPrincipal } from '../../src/auth/claims.js';
import { Realms } from '../../src/auth/realms.js';
import { parseJson } from '../../src/json/parse-json.js';
import type { Tenant } from '../../src/tenancy/tenant.js';
import { Tenants } from '../../src/tenancy/tenants.js';
import { Recipe } from '../support/recipes.js';
import { TestApp } from '../support/test-app.js';
import { createKey } from '../support/test-issuer.js';
import { unique } from '../support/users.js';

/** A token as the provider's documentation shows it, and what nameplate makes of it. */
interface Documented {
  name: string;
  header: { alg: string; kid: string };
  claims: Record<string, unknown>;
  /** null: none; the token is 401 everywhere. */
  kind: 'user' | 'management' | null;
  scopes: string[];
  clientId?: string;
  /** Which block of settings of the page is meant. */
  settings?: number;
}

const tokensOf = ({ name }: Recipe) =>
  parseJson(
    readFileSync(new URL(`../fixtures/tokens/${name}.json`, import.meta.url), 'utf8'),
  ) as Documented[];

const CASES = Recipe.all().flatMap((page) =>
  tokensOf(page).map((token) => [page.name, token.name, page, token] as const),
);

let shared: TestApp;
beforeAll(async () => {
  shared = await TestApp.start();
});
afterAll(() => shared.stop());

/** The settings of the page as they stand there; only the keys are where a test can have some. */
const start = (page: Recipe, { settings = 0 }: Documented) =>
  TestApp.start(
    (url) => ({
      ...page.settings[settings],
      AUTH_JWKS_URI: `${url}/jwks`,
      ...(page.settings[settings]?.['AUTH_MANAGEMENT_ISSUER'] && {
        AUTH_MANAGEMENT_JWKS_URI: `${url}/jwks`,
      }),
    }),
    [],
    shared,
  );

describe('with the settings of docs/identity-providers', () => {
  it.each(CASES)('%s: %s', async (_, _name, page, token) => {
    const { header, claims, kind, scopes, clientId } = token;
    const key = await createKey(header.kid, header.alg);
    shared.issuer.keys = [key];
    const app = await start(page, token);
    const full = { client_id: undefined, jti: unique(), ...claims };
    const signed = await shared.issuer.sign(full, header, key);
    const get = async (url: string) =>
      (await app.call({ method: 'GET', url, token: signed })).status;

    const [own, users] = [await get('/api/profile'), await get('/api/users')];
    // 404 or 200: a user there is not, or who was made.
    if (kind === 'user') expect([[200, 404].includes(own), users]).toEqual([true, 401]);
    else if (kind === 'management')
      expect([own, users]).toEqual([401, scopes.length > 0 ? 200 : 403]);
    else expect([own, users]).toEqual([401, 401]);

    if (kind) {
      const tenant = app.app.get(Tenants).only as Tenant;
      const { rules } = app.app.get(Realms).of({ tenant } as FastifyRequest, kind);
      const now = Math.floor(Date.now() / 1000);
      const principal = toPrincipal(kind, { ...full, exp: now + 60 }, rules);
      expect([principal.clientId, principal.subject]).toEqual([clientId, claims['sub']]);
      expect([...principal.scopes]).toEqual(scopes);
    }
    await app.stop();
  });

  it.each(Recipe.all().map((page) => [page.name, page] as const))(
    '%s has a token of each kind here',
    (_, page) => {
      const kinds = tokensOf(page).map(({ kind }) => kind);
      expect(kinds).toEqual(expect.arrayContaining(['user', 'management']));
    },
  );
});
