import { describe, expect, it } from '@jest/globals';
import { bearerToken } from '../../src/auth/bearer-token.js';
import { toPrincipal } from '../../src/auth/claims.js';

const audiences = { user: 'u', management: 'm' };
const NOW = 1_000_000;
const principal = (claims: object) =>
  toPrincipal('user', { sub: 'ada', exp: NOW + 60, aud: 'u', ...claims }, audiences, NOW);

describe('toPrincipal', () => {
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
    [{ scope: 5, scp: [5, null], permissions: { a: 1 } }, []],
    [{}, []],
  ])('reads the scopes of %j', (claims, scopes) => {
    expect([...(principal(claims)?.scopes ?? [])]).toEqual(scopes);
  });

  it.each([
    [{ client_id: 'c', azp: 'a' }, 'c'],
    [{ azp: 'a' }, 'a'],
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
