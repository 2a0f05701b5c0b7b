import { describe, expect, it } from '@jest/globals';
import { hostName } from '../../src/config/host-name.js';
import { mayBe, ofTenantTemplate, tenantOfHost } from '../../src/config/tenant-template.js';

describe('a host', () => {
  it.each([
    ['a.example', 'a.example'],
    ['A.Example', 'a.example'],
    ['a.example:8080', 'a.example'],
    ['a.example:', 'a.example'],
    ['a.example.', 'a.example'],
    ['a.example.:80', 'a.example'],
    ['localhost:3000', 'localhost'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['b%C3%BCcher.example', 'xn--bcher-kva.example'],
    ['XN--BCHER-KVA.example', 'xn--bcher-kva.example'],
    ['a_b.example', 'a_b.example'],
    ['127.0.0.1:3000', '127.0.0.1'],
    ['[::1]:3000', '[::1]'],
  ])('%s is %s', (text, host) => {
    expect(hostName(text)).toBe(host);
  });

  it.each([
    ...['', '.', ':80', 'a..b', 'a.example..', 'a b', 'a,b', 'a.example, b.example', 'a/b', 'a@b'],
    ...['a?b', 'a#b', 'a\\b', 'a.example:99999', 'a.example:x', '%00', 'a%2fb', '-a.example'],
    ...['*.example', `${'a'.repeat(64)}.example`, `${'a.'.repeat(127)}a`, 'a'.repeat(10_000)],
    ...['\ta.example', 'a.example\n', '{tenant}.example', '[::1'],
  ])('%j is none', (text) => {
    expect(hostName(text)).toBeUndefined();
  });
});

describe('a pattern', () => {
  const patterns = ['*.users.example.com', '*.localhost'];

  it.each([
    ['acme.users.example.com', 'acme'],
    ['a-1.localhost', 'a-1'],
    ['xn--bcher-kva.localhost', 'xn--bcher-kva'],
    ['users.example.com', undefined],
    ['a.b.users.example.com', undefined],
    ['acme.users.example.com.evil.example', undefined],
    ['acmeusers.example.com', undefined],
    ['acme.users.example.org', undefined],
    ['acme.USERS.example.com', undefined],
    ['localhost', undefined],
    ['.localhost', undefined],
    ['*.localhost', undefined],
    ['a_b.localhost', undefined],
    ['a-.localhost', undefined],
  ])('takes %s for the tenant %s', (host, id) => {
    expect(tenantOfHost(patterns, host)).toBe(id);
  });
});

describe('a template', () => {
  it('has the id wherever its place is, and may be a text only with an id in it', () => {
    const template = 'https://{tenant}.a.example/{tenant}';
    expect(ofTenantTemplate(template, 'acme')).toBe('https://acme.a.example/acme');
    expect(mayBe(template, 'https://acme.a.example/acme')).toBe(true);
    expect(mayBe(template, 'https://.a.example/acme')).toBe(false);
    expect(mayBe(template, 'https://acme.axexample/acme')).toBe(false);
    expect(mayBe('urn:a', 'urn:a')).toBe(true);
    expect(mayBe('', 'urn:a')).toBe(false);
    expect(mayBe('{tenant}', `${'a'.repeat(100_000)}!`)).toBe(false);
  });
});
