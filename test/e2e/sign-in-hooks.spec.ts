import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { exportJWK } from 'jose';
import { APP, AT, CALLS, HOOK_KEY, HOOK_SECRET, zitadelSignature } from '../support/hook-calls.js';
import { type HookCall, runHook } from '../support/hook-runner.js';
import { TestApp } from '../support/test-app.js';
import type { SigningKey } from '../support/test-issuer.js';
import { insertUser, unique } from '../support/users.js';

let app: TestApp;
/** The same service, as the page of Supabase sets it up: the hook signs its own tokens. */
let ofSupabase: TestApp;
let tokens: Server;
/** What the token endpoint was asked for. */
let asked: string[] = [];

beforeAll(async () => {
  app = await TestApp.start();
  ofSupabase = await TestApp.start(
    (url) => ({
      AUTH_ISSUER: `${url}/auth/v1`,
      AUTH_JWKS_URI: `${url}/jwks`,
      AUTH_MANAGEMENT_AUDIENCE: 'urn:nameplate:management',
    }),
    [],
    app,
  );
  for (const { app: server } of [app, ofSupabase]) await server.listen(0, '127.0.0.1');
  tokens = createServer((request, response) => {
    let form = '';
    request.on('data', (chunk: Buffer) => (form += chunk.toString()));
    request.on('end', () => {
      asked.push(form);
      const isClient = request.headers.authorization === `Basic ${btoa('hook:secret%20of%20it')}`;
      void app.issuer
        .managementToken({ scope: 'users:read users:write' })
        .then((token) =>
          response
            .writeHead(isClient ? 200 : 401, { 'content-type': 'application/json' })
            .end(JSON.stringify({ access_token: token, expires_in: 3600 })),
        );
    });
  });
  await new Promise<void>((done) => tokens.listen(0, '127.0.0.1', done));
});
beforeEach(() => {
  asked = [];
});
afterAll(async () => {
  await ofSupabase.stop();
  await app.stop();
  tokens.close();
});

async function environment(page: string): Promise<Record<string, string>> {
  const { keys, url } = app.issuer;
  const key = keys[0] as SigningKey;
  const { port } = tokens.address() as AddressInfo;
  const service = page === 'supabase' ? ofSupabase : app;
  return {
    NAMEPLATE_URL: await service.app.getUrl(),
    TOKEN_URL: `http://127.0.0.1:${port}/token`,
    CLIENT_ID: 'hook',
    CLIENT_SECRET: 'secret of it',
    WEBHOOK_KEY: HOOK_KEY,
    HOOK_KEY,
    MANAGEMENT_PROJECT: '2',
    PERMISSIONS_KEY: HOOK_KEY,
    EVENTS_KEY: HOOK_KEY,
    CLERK_MACHINE_SECRET_KEY: 'ak_1',
    CLERK_WEBHOOK_SIGNING_SECRET: `whsec_${HOOK_SECRET}`,
    HOOK_SECRET: `v1,whsec_${HOOK_SECRET}`,
    SUPABASE_URL: url,
    SIGNING_KEY: JSON.stringify({ ...(await exportJWK(key.privateKey)), kid: key.kid }),
    TOKEN: await app.issuer.managementToken({ scope: undefined, permissions: ['users:write'] }),
  };
}

async function run(page: string, call: (secrets: object) => HookCall) {
  const env = await environment(page);
  return runHook(page, call(env), env);
}

async function userOf(id: string) {
  const token = await app.issuer.managementToken();
  return (await app.call({ method: 'GET', url: `/api/users/${id}`, token })).json;
}

describe('the hook of docs/identity-providers', () => {
  it.each(Object.entries(CALLS))(
    '%s reports the sign-in of a user, and makes who is not there',
    async (page, call) => {
      for (const id of [await insertUser(app), unique('new')]) {
        const before = Date.now();
        const { status } = await run(page, (secrets) => call(id, secrets));
        expect([undefined, 200, 204]).toContain(status);
        const { lastSignInAt, applicationId } = await userOf(id);
        expect(lastSignInAt === AT || lastSignInAt >= before).toBe(true);
        expect([APP, null]).toContain(applicationId);
      }
      expect(asked).toHaveLength(['supabase', 'clerk'].includes(page) ? 0 : 2);
    },
  );

  it.each(Object.entries(CALLS).filter(([, call]) => call('', {}).request))(
    '%s refuses a call that its provider did not sign',
    async (page, call) => {
      const id = await insertUser(app);
      const { request = {} } = call(id, {});
      const headers = Object.fromEntries(
        Object.entries(request.headers ?? {}).map(([name, value]) => [
          name,
          `${value.slice(0, -2)}00`,
        ]),
      );
      const { status } = await run(page, () => ({ request: { ...request, headers } }));
      expect(status).toBe(401);
      expect((await userOf(id)).lastSignInAt).toBeNull();
    },
  );

  it('entra-id finds the user by the address, and gives Entra an answer whatever happens', async () => {
    const id = await insertUser(app);
    const url = `https://hook.example/?key=${HOOK_KEY}`;
    for (const mail of [`${id}@example.com`, 'nobody@example.com']) {
      const authenticationContext = {
        user: { id: 'oid', mail },
        clientServicePrincipal: { appId: APP },
      };
      const body = JSON.stringify({ data: { authenticationContext } });
      const answer = await run('entra-id', () => ({ request: { url, body } }));
      expect(answer.status).toBe(200);
      expect(answer.body).toContain('onTokenIssuanceStartResponseData');
    }
    expect(await userOf(id)).toMatchObject({
      applicationId: APP,
      lastSignInAt: expect.any(Number),
    });
  });

  it.each<[string, string, (id: string, secrets: object) => HookCall]>([
    [
      'auth0',
      'a refresh',
      (id, secrets) => {
        const { event } = CALLS['auth0']?.(id, secrets) ?? {};
        const transaction = { protocol: 'oauth2-refresh-token' };
        return { name: 'onExecutePostLogin', event: { ...event, transaction } };
      },
    ],
    [
      'amazon-cognito',
      'a forgotten password',
      (id, secrets) => {
        const { event } = CALLS['amazon-cognito']?.(id, secrets) ?? {};
        const triggerSource = 'PostConfirmation_ConfirmForgotPassword';
        return { name: 'handler', event: { ...event, triggerSource } };
      },
    ],
  ])('%s reports no sign-in at %s', async (page, _, call) => {
    const id = await insertUser(app);
    await run(page, (secrets) => call(id, secrets));
    expect((await userOf(id)).lastSignInAt).toBeNull();
  });

  it('zitadel gives tokens the roles of the project of management, and of no other', async () => {
    const permissions = async (projectId: string) => {
      const user_grants = [{ projectId, roles: ['users:read'] }];
      const body = JSON.stringify({ function: 'preaccesstoken', user_grants });
      const headers = { 'zitadel-signature': zitadelSignature(body) };
      return run('zitadel', () => ({ name: 'permissions', request: { body, headers } }));
    };
    expect((await permissions('2')).body).toBe(
      '{"append_claims":[{"key":"permissions","value":["users:read"]}]}',
    );
    expect((await permissions('1')).body).toBe('{}');
  });

  it('okta answers the challenge', async () => {
    const headers = { 'x-okta-verification-challenge': 'c1' };
    const { body } = await run('okta', () => ({
      name: 'GET',
      request: { method: 'GET', headers },
    }));
    expect(body).toBe('{"verification":"c1"}');
  });
});
