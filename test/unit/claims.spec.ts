import { describe, expect, it } from '@jest/globals';
import { bearerToken } from '../../src/http/bearer-token.js';
import { ClaimsError, toPrincipal, type TokenRules } from '../../src/auth/claims.js';
import type { TokenKind } from '../../src/auth/principal.js';

const RULES: TokenRules = {
  issuer: 'i',
  audiences: { user: 'u', management: 'm' },
  clients: { user: [], management: [] },
  scopePrefix: '',
  userDefaultScopes: [],
};
const NOW = 1_000_000;
const VALID = { iss: 'i', sub: 'ada', exp: NOW + 60 };
const understood = (...[kind, claims, rules]: Parameters<typeof toPrincipal>) => {
  try {
    return toPrincipal(kind, claims, rules, NOW);
  } catch (error) {
    expect(error).toBeInstanceOf(ClaimsError);
    return undefined;
  }
};
const principal = (claims: object) => understood('user', { ...VALID, aud: 'u', ...claims }, RULES);

/** Access tokens of providers as their documentation shows them, and the settings that they need. */
const PROVIDERS: [string, TokenKind, object, Partial<TokenRules>, string | undefined, string[]][] =
  [
    [
      'Entra ID, app-only, version 2',
      'management',
      { aud: 'm', azp: 'app', roles: ['users:read', 'users:write'] },
      {},
      'app',
      ['users:read', 'users:write'],
    ],
    [
      'Entra ID, version 1, with a user',
      'user',
      { aud: 'u', appid: 'app', scp: 'profile email', roles: ['all'] },
      {},
      'app',
      ['profile', 'email'],
    ],
    [
      'Okta',
      'user',
      { aud: 'u', cid: '0oa1', uid: '00u1', scp: ['profile', 'email'] },
      {},
      '0oa1',
      ['profile', 'email'],
    ],
    [
      'Auth0',
      'management',
      { aud: ['m', 'https://x/userinfo'], azp: 'a', scope: 'openid', permissions: ['users:read'] },
      {},
      'a',
      ['openid', 'users:read'],
    ],
    [
      'Amazon Cognito, client credentials',
      'management',
      { client_id: 'c1', token_use: 'access', scope: 'np/users:read np/users:write' },
      { clients: { user: ['c2'], management: ['c1'] }, scopePrefix: 'np/' },
      'c1',
      ['users:read', 'users:write'],
    ],
    [
      'Amazon Cognito, a user',
      'user',
      { client_id: 'c2', token_use: 'access', scope: 'openid np/profile' },
      { clients: { user: ['c2'], management: ['c1'] }, scopePrefix: 'np/' },
      'c2',
      ['openid', 'profile'],
    ],
    [
      'Firebase, Supabase, Clerk',
      'user',
      { aud: 'u' },
      { userDefaultScopes: ['profile', 'email'] },
      undefined,
      ['profile', 'email'],
    ],
  ];

/** What the settings above must not let in. */
const REFUSED: [string, TokenKind, object, Partial<TokenRules>][] = [
  ['no aud, without settings', 'user', { client_id: 'c2' }, {}],
  ['no aud, of a client of the other kind', 'management', { client_id: 'c2' }, COGNITO()],
  ['no aud, of a client of no kind', 'user', { client_id: 'c3' }, COGNITO()],
  ['no aud and no client', 'user', {}, COGNITO()],
  ['an empty aud of a listed client', 'user', { client_id: 'c2', aud: [] }, COGNITO()],
  ['null as aud of a listed client', 'user', { client_id: 'c2', aud: null }, COGNITO()],
  ['another aud of a listed client', 'user', { client_id: 'c2', aud: 'x' }, COGNITO()],
  ['an ID token of Cognito', 'user', { aud: 'u', token_use: 'id' }, COGNITO()],
  ['another issuer', 'user', { aud: 'u', iss: 'i/' }, {}],
  ['no issuer', 'user', { aud: 'u', iss: undefined }, {}],
  ['no aud, of an operator', 'operator', { client_id: 'c2' }, { clients: {} }],
  ['one more aud, of users, of an operator', 'operator', { aud: ['o', 'u'] }, OPERATORS()],
  ['one more aud, of any tenant', 'operator', { aud: ['o', 'urn:a:m'] }, OPERATORS()],
];

function COGNITO(): Partial<TokenRules> {
  return { clients: { user: ['c2'], management: ['c1'] } };
}

function OPERATORS(): Partial<TokenRules> {
  return { audiences: { user: 'u', management: 'urn:{tenant}:m', operator: 'o' } };
}

describe('a token of', () => {
  it.each(PROVIDERS)('%s is understood', (_, kind, claims, rules, clientId, scopes) => {
    const found = understood(kind, { ...VALID, ...claims }, { ...RULES, ...rules });
    expect(found).toMatchObject({ kind, subject: 'ada', clientId });
    expect([...(found?.scopes ?? [])]).toEqual(scopes);
  });

  it.each(REFUSED)('%s is refused', (_, kind, claims, rules) => {
    expect(understood(kind, { ...VALID, ...claims }, { ...RULES, ...rules })).toBeUndefined();
  });

  it.each([
    ['a user with an empty scope', 'user', { aud: 'u', scope: '' }],
    ['a user with no permission', 'user', { aud: 'u', permissions: [] }],
    ['a management client', 'management', { aud: 'm' }],
  ] as const)('%s gets no default scopes', (_, kind, claims) => {
    const rules = { ...RULES, userDefaultScopes: ['profile', 'all'] };
    const found = understood(kind, { ...VALID, ...claims }, rules);
    expect([...(found?.scopes ?? ['?'])]).toEqual([]);
  });
});

describe('toPrincipal', () => {
  it.each([
    ['iss', { iss: 'x' }],
    ['sub', { sub: 'a\0' }],
    ['exp', { exp: NOW }],
    ['nbf', { nbf: NOW + 6 }],
    ['iat', { iat: 'x' }],
    ['token_use', { token_use: 'id' }],
    ['aud', { aud: 'x' }],
  ])('names the claim %s that is not accepted', (name, claims) => {
    const all = { ...VALID, aud: 'u', ...claims };
    expect(() => toPrincipal('user', all, RULES, NOW)).toThrow(
      expect.objectContaining({ name: 'ClaimsError', message: name }),
    );
  });

  it('goes by the clock', () => {
    const expiring = (inSeconds: number) => ({
      ...{ ...VALID, aud: 'u' },
      exp: Date.now() / 1000 + inSeconds,
    });
    expect(toPrincipal('user', expiring(60), RULES).subject).toBe('ada');
    expect(() => toPrincipal('user', expiring(-1), RULES)).toThrow(ClaimsError);
  });

  it('lets operators have an audience that is nobody’s', () => {
    const claims = { ...VALID, aud: ['o', 'account'] };
    const found = understood('operator', claims, { ...RULES, ...OPERATORS() });
    expect(found?.kind).toBe('operator');
  });

  it.each([
    ['nothing more', {}, true],
    ['exp one second ahead', { exp: NOW + 1 }, true],
    ['exp now', { exp: NOW }, false],
    ['exp as text', { exp: '9999999' }, false],
    ['no exp', { exp: undefined }, false],
    ['nbf within the leeway', { nbf: NOW + 5 }, true],
    ['nbf beyond the leeway', { nbf: NOW + 6 }, false],
    ['nbf as text', { nbf: '1' }, false],
    ['iat within the leeway', { iat: NOW + 5 }, true],
    ['iat beyond the leeway', { iat: NOW + 6 }, false],
    ['an empty sub', { sub: '' }, false],
    ['sub as a number', { sub: 1 }, false],
    ['the other audience, too', { aud: ['u', 'm'] }, false],
    ['an audience nobody knows, too', { aud: ['u', 'x'] }, true],
  ])('takes a token with %s: %s %s', (_, claims, accepted) => {
    expect(principal(claims) !== undefined).toBe(accepted);
  });

  it.each([
    [{ scope: 'a  b' }, ['a', 'b']],
    [{ scp: 'a b' }, ['a', 'b']],
    [{ scp: ['a', 'b'] }, ['a', 'b']],
    [{ permissions: ['a'] }, ['a']],
    [{ scope: 'a', scp: ['b'], permissions: ['c'] }, ['a', 'b', 'c']],
    [{ scope: ['a', 'b c'] }, ['a', 'b', 'c']],
    [{ scope: 5, scp: [5, null], permissions: { a: 1 } }, []],
    [{}, []],
  ])('reads the scopes of %j', (claims, scopes) => {
    expect([...(principal(claims)?.scopes ?? [])]).toEqual(scopes);
  });

  it.each([
    [{ client_id: 'c', azp: 'a' }, 'c'],
    [{ azp: 'a' }, 'a'],
    [{ client_id: 5, cid: 'o', appid: 'e' }, 'o'],
    [{ client_id: null, appid: 'e' }, 'e'],
    [{ azp: 'a\0' }, undefined],
    [{ client_id: 5 }, undefined],
  ])('reads the client of %j', (claims, clientId) => {
    expect(principal(claims)?.clientId).toBe(clientId);
  });
});

describe('bearerToken', () => {
  it.each([
    ['Bearer abc', 'abc'],
    ['bearer   abc', 'abc'],
    [' BEARER abc ', 'abc'],
  ])('reads %j', (header, token) => {
    expect(bearerToken(header)).toBe(token);
  });

  it.each([
    [undefined, 'auth.authorization_header_missing'],
    ['', 'auth.authorization_header_missing'],
    ['Basic abc', 'auth.authorization_token_type_not_supported'],
    ['Bearer', 'auth.authorization_token_type_not_supported'],
    ['Bearer a b', 'auth.authorization_token_type_not_supported'],
    ['abc', 'auth.authorization_token_type_not_supported'],
  ])('refuses %j with %s', (header, code) => {
    expect(() => bearerToken(header)).toThrow(expect.objectContaining({ code }));
  });
});
