import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { freePort } from '../../src/database/loopback-port.js';

const CALLBACK = 'http://127.0.0.1:1/callback';
const SECRET = 'secret-of-the-service';

export async function privateKey(kid: string): Promise<JWK> {
  const pair = await generateKeyPair('ES256', { extractable: true });
  return { ...(await exportJWK(pair.privateKey)), alg: 'ES256', use: 'sig', kid };
}

interface Tokens {
  access_token: string;
  id_token?: string;
}

/** The issuer of deploy/ as a process: a real identity provider, whose keys a test may change. */
export class TrialIssuer {
  private process: ChildProcess | undefined;

  private constructor(private readonly port: number) {}

  static async find(): Promise<TrialIssuer> {
    return new TrialIssuer(await freePort());
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(keys: JWK[], env: Record<string, string> = {}): Promise<void> {
    await this.stop();
    this.process = spawn(process.execPath, [resolve('deploy/issuer/issuer.js')], {
      env: {
        PORT: String(this.port),
        ISSUER_URL: this.url,
        ISSUER_KEYS: JSON.stringify({ keys }),
        WEB_REDIRECT_URI: CALLBACK,
        SERVICE_SECRET: SECRET,
        ...env,
      },
      stdio: 'ignore',
    });
    const discovery = `${this.url}/.well-known/openid-configuration`;
    for (const deadline = Date.now() + 60_000; Date.now() < deadline;) {
      if (await fetch(discovery).catch(() => undefined)) return;
      await sleep(50);
    }
    throw new Error('the issuer does not start');
  }

  async stop(): Promise<void> {
    const { process: running } = this;
    if (!running) return;
    const ended = new Promise((done) => running.once('exit', done));
    running.kill();
    await ended;
    this.process = undefined;
  }

  /** What docs/identity-providers/report-sign-in.js needs of it. */
  get service() {
    return { tokenUrl: `${this.url}/token`, clientId: 'service', clientSecret: SECRET };
  }

  /** By client credentials. */
  async serviceToken(ask: Record<string, string>): Promise<string> {
    const { tokenUrl, clientId, clientSecret } = this.service;
    const { access_token: token } = await this.ask(tokenUrl, {
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      ...ask,
    });
    return token;
  }

  /** By the authorization code flow with PKCE, as a browser does it. */
  async signIn(user: string, resource: string, scope: string): Promise<Tokens> {
    const verifier = randomBytes(32).toString('base64url');
    const query = new URLSearchParams({
      client_id: 'web',
      response_type: 'code',
      redirect_uri: CALLBACK,
      scope,
      resource,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    });
    const browser = new Browser();
    const form = await browser.open(`${this.url}/auth?${query.toString()}`);
    const callback = await browser.open(form, { prompt: 'login', login: user, password: 'any' });
    return this.ask(`${this.url}/token`, {
      grant_type: 'authorization_code',
      client_id: 'web',
      code: new URL(callback).searchParams.get('code') ?? '',
      redirect_uri: CALLBACK,
      code_verifier: verifier,
      resource,
    });
  }

  private async ask(url: string, form: Record<string, string>): Promise<Tokens> {
    const response = await fetch(url, { method: 'POST', body: new URLSearchParams(form) });
    const answer = (await response.json()) as Tokens;
    expect([response.status, answer]).toEqual([200, answer]);
    return answer;
  }
}

/** Cookies and redirects. */
class Browser {
  private readonly cookies = new Map<string, string>();

  /** Follows redirects, up to the page of a form or the callback: its URL. */
  async open(url: string, form?: Record<string, string>): Promise<string> {
    if (url.startsWith(CALLBACK)) return url;
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.cookies.set(name, value);
    }
    const location = response.headers.get('location');
    return location ? this.open(new URL(location, url).href) : url;
  }
}
