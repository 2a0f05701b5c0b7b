import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

export const USER_AUDIENCE = 'urn:test:profile';
export const MANAGEMENT_AUDIENCE = 'urn:test:management';
export const ALL_USER_SCOPES = 'profile email phone address identities custom_data';

export interface SigningKey {
  kid: string;
  alg: string;
  privateKey: CryptoKey;
  publicJwk: JWK;
}

export async function createKey(kid: string, alg = 'ES256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const publicJwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
  return { kid, alg, privateKey, publicJwk };
}

export interface Claims extends Record<string, unknown> {
  sub?: unknown;
  aud?: unknown;
  scope?: unknown;
  exp?: unknown;
}

/** An identity provider on a real port, whose keys and health a test may change. */
export class TestIssuer {
  keys: SigningKey[] = [];
  requests: string[] = [];
  isDown = false;
  /** Answered in place of the discovery document, when set. */
  configuration: object | undefined;
  /** Answered in place of the keys, when set. */
  jwks: string | undefined;
  /** Does it in place of the keys, when set. */
  answerKeys: ((response: ServerResponse) => void) | undefined;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<TestIssuer> {
    const server = createServer();
    const issuer = new TestIssuer(server);
    server.on('request', ({ url = '' }, response) => {
      issuer.requests.push(url);
      if (issuer.isDown) return response.writeHead(500).end();
      if (issuer.answerKeys && url === '/jwks') {
        issuer.answerKeys(response);
        return;
      }
      return response.setHeader('Content-Type', 'application/json').end(issuer.answer(url));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    issuer.keys.push(await createKey('first'));
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  private answer(url: string): string {
    if (url === '/.well-known/openid-configuration')
      return JSON.stringify(
        this.configuration ?? { issuer: this.url, jwks_uri: `${this.url}/jwks` },
      );
    if (this.jwks !== undefined) return this.jwks;
    return JSON.stringify({ keys: this.keys.map(({ publicJwk }) => publicJwk) });
  }

  userToken(sub: string, claims: Claims = {}): Promise<string> {
    return this.sign({ sub, aud: USER_AUDIENCE, scope: ALL_USER_SCOPES, ...claims });
  }

  managementToken(claims: Claims = {}): Promise<string> {
    return this.sign({ sub: 'test-client', aud: MANAGEMENT_AUDIENCE, scope: 'all', ...claims });
  }

  /** Signs any claims; those that are undefined are left out. */
  async sign(claims: Claims, header: Record<string, unknown> = {}, key = this.keys[0]) {
    if (!key) throw new Error('the issuer has no key');
    const now = Math.floor(Date.now() / 1000);
    const payload = { iss: this.url, iat: now, exp: now + 600, client_id: 'test-app', ...claims };
    const crit = Object.fromEntries(
      ((header['crit'] ?? []) as string[]).map((name) => [name, true]),
    );
    return new SignJWT(payload as never)
      .setProtectedHeader({ alg: key.alg, kid: key.kid, ...header })
      .sign(key.privateKey, { crit });
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }
}
