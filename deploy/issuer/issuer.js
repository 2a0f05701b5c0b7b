// An OpenID Connect issuer for trying out and for tests, not for production: whoever asks signs in as anybody.
import { createServer } from 'node:http';
import { Provider, errors } from 'oidc-provider';
import { exportJWK, generateKeyPair } from 'jose';

const {
  PORT = '9000',
  HOST = '127.0.0.1',
  ISSUER_URL = `http://localhost:${PORT}`,
  /** Private keys as a JWKS; the first one signs. Not set: one that is made, and gone at the next start. */
  ISSUER_KEYS,
  AUTH_USER_AUDIENCE = 'urn:nameplate:profile',
  AUTH_MANAGEMENT_AUDIENCE = 'urn:nameplate:management',
  WEB_REDIRECT_URI = 'http://localhost:8080/callback',
  SERVICE_SECRET = 'only-for-trying-out',
  TOKEN_SECONDS = '3600',
} = process.env;

/** What tokens are for, and the scopes that there are: an API resource each. */
const RESOURCES = {
  [AUTH_USER_AUDIENCE]: 'profile email phone address identities custom_data',
  [AUTH_MANAGEMENT_AUDIENCE]:
    'all users:read users:write users:delete users:password events:read hooks:manage',
};

async function newKeys() {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  return { keys: [{ ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig', kid: 'made' }] };
}

const claimsOf = (id) => ({
  name: id,
  preferred_username: id,
  email: `${id}@example.com`,
  email_verified: true,
});

const provider = new Provider(ISSUER_URL, {
  jwks: ISSUER_KEYS ? JSON.parse(ISSUER_KEYS) : await newKeys(),
  clients: [
    {
      client_id: 'web',
      token_endpoint_auth_method: 'none',
      redirect_uris: [WEB_REDIRECT_URI],
      grant_types: ['authorization_code'],
    },
    {
      client_id: 'service',
      client_secret: SERVICE_SECRET,
      redirect_uris: [],
      response_types: [],
      grant_types: ['client_credentials'],
    },
  ],
  clientDefaults: { id_token_signed_response_alg: 'ES256' },
  claims: { profile: ['name', 'preferred_username'], email: ['email', 'email_verified'] },
  findAccount: (_context, id) => ({
    accountId: id,
    claims: () => ({ sub: id, ...claimsOf(id) }),
  }),
  // What SELF_SERVICE_PROVISIONING=on makes a user from.
  extraTokenClaims: (_context, { accountId }) => accountId && claimsOf(accountId),
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: true },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      getResourceServerInfo: (_context, audience) => {
        if (!Object.hasOwn(RESOURCES, audience)) throw new errors.InvalidTarget();
        return {
          audience,
          scope: RESOURCES[audience],
          accessTokenFormat: 'jwt',
          accessTokenTTL: Number(TOKEN_SECONDS),
          jwt: { sign: { alg: 'ES256' } },
        };
      },
    },
  },
  // Nobody is asked for consent.
  loadExistingGrant: async ({ oidc: { provider: here, client, session, params } }) => {
    const grant = new here.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope(params.scope);
    for (const resource of [params.resource].flat()) grant.addResourceScope(resource, params.scope);
    await grant.save();
    return grant;
  },
});

createServer(provider.callback()).listen(Number(PORT), HOST, () => {
  console.log(`Issuer for trying out: ${ISSUER_URL}`);
});
