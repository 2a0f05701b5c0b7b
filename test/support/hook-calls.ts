import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { HookCall } from './hook-runner.js';

/** What the hooks know their provider by. */
export const HOOK_KEY = 'key-of-the-hook';
export const HOOK_SECRET = Buffer.from('0123456789abcdef01234567').toString('base64');
/** When who signed in, and to what, where the provider says so. */
export const AT = Date.parse('2026-05-17T10:30:00.000Z');
export const APP = 'shop-web';

const hmac = (text: string) => createHmac('sha256', HOOK_KEY).update(text).digest('hex');

const signedBy =
  (header: string) =>
  (body: object): HookCall => {
    const text = JSON.stringify(body);
    return { request: { body: text, headers: { [header]: hmac(text) } } };
  };

const withKey = (body: object): HookCall => ({
  request: { body: JSON.stringify(body), headers: { authorization: HOOK_KEY } },
});

/** The call of each provider as documented, for a user with this id. */
export const CALLS: Record<string, (id: string, secrets: object) => HookCall> = {
  logto: (id) =>
    signedBy('logto-signature-sha-256')({
      hookId: 'h',
      event: 'PostSignIn',
      createdAt: new Date(AT).toISOString(),
      interactionEvent: 'SignIn',
      sessionId: 's',
      userId: id,
      user: { id, name: 'Ada', primaryEmail: `${id}@logto.example`, customData: {} },
      application: { id: APP, type: 'SPA', name: 'Shop' },
    }),
  keycloak: (id) =>
    signedBy('x-keycloak-signature')({
      uid: '8d76de08-1c12-4d9a-bb86-fd1c602b2486',
      time: AT,
      realmId: 'example',
      type: 'access.LOGIN',
      authDetails: { realmId: 'example', clientId: APP, userId: id, username: 'ada' },
      details: { auth_method: 'openid-connect' },
    }),
  auth0: (id, secrets) => ({
    name: 'onExecutePostLogin',
    event: {
      secrets,
      client: { client_id: APP, name: 'Shop' },
      transaction: { protocol: 'oidc-basic-profile' },
      user: { user_id: id, name: 'Ada', email: `${id}@auth0.example`, email_verified: true },
    },
  }),
  okta: (id) =>
    withKey({
      eventType: 'com.okta.event_hook',
      data: {
        events: [
          {
            actor: { id, type: 'User', alternateId: 'ada@example.com', displayName: 'Ada' },
            outcome: { result: 'SUCCESS' },
            published: new Date(AT).toISOString(),
            eventType: 'user.session.start',
          },
        ],
      },
    }),
  'amazon-cognito': (id) => ({
    name: 'handler',
    event: {
      version: '1',
      triggerSource: 'PostAuthentication_Authentication',
      userPoolId: 'eu-central-1_EXAMPLE',
      userName: 'ada',
      callerContext: { awsSdkVersion: '2', clientId: APP },
      request: {
        userAttributes: {
          sub: id,
          name: 'Ada',
          email: `${id}@aws.example`,
          email_verified: 'true',
        },
        newDeviceUsed: true,
      },
      response: {},
    },
  }),
  zitadel: (id) => {
    const payload = Buffer.from(JSON.stringify({ userID: id })).toString('base64');
    const created_at = new Date(AT).toISOString();
    const body = JSON.stringify({
      event_type: 'session.user.checked',
      created_at,
      event_payload: payload,
    });
    return { request: { body, headers: { 'zitadel-signature': zitadelSignature(body) } } };
  },
  ory: (id) =>
    withKey({
      id,
      traits: { email: `${id}@ory.example`, name: 'Ada' },
      addresses: [{ value: `${id}@ory.example`, via: 'email', verified: true }],
    }),
  supabase: (id) => {
    const body = JSON.stringify({
      user_id: id,
      claims: { aud: 'authenticated', sub: id, role: 'authenticated' },
      authentication_method: 'password',
    });
    return { request: { body, headers: standardWebhook('webhook', body) } };
  },
  firebase: (id) => ({
    name: 'reportSignIn',
    event: { data: { uid: id, displayName: 'Ada', email: `${id}@g.example`, emailVerified: true } },
  }),
  clerk: (id) => {
    const body = JSON.stringify({ type: 'session.created', data: { user_id: id, created_at: AT } });
    return { request: { body, headers: standardWebhook('svix', body) } };
  },
};

export function zitadelSignature(body: string, seconds = Math.floor(Date.now() / 1000)): string {
  return `t=${seconds},v1=${hmac(`${seconds}.${body}`)}`;
}

function standardWebhook(prefix: string, body: string): Record<string, string> {
  const now = new Date();
  return {
    [`${prefix}-id`]: 'msg_1',
    [`${prefix}-timestamp`]: String(Math.floor(now.getTime() / 1000)),
    [`${prefix}-signature`]: new Webhook(HOOK_SECRET).sign('msg_1', now, body),
  };
}
