import { describe, expect, it } from '@jest/globals';
import type { JsonMode } from '../../src/http/json-body.js';
import { patchTenant } from '../../src/tenants/patch-tenant.js';
import { settingsRule } from '../../src/tenants/settings-rule.js';

const plain = { isMergePatch: false, body: {} };
const pointers = (value: unknown, isMergePatch = false) =>
  settingsRule(value, { ...plain, isMergePatch }).map(
    ({ at = [], code }) => `/${at.join('/')} ${code}`,
  );

describe('the settings of a tenant', () => {
  it('may have all of these, or none', () => {
    expect(pointers({})).toEqual([]);
    const all = {
      selfServiceFields: { name: 'off', primaryEmail: 'read-only', username: 'edit' },
      selfServiceClients: ['app', 'other'],
      selfServiceProvisioning: true,
      selfServiceAssumeVerified: ['email', 'phone_number'],
      reservedUsernames: ['admin'],
      eventsRetentionDays: 0,
      deliveriesRetentionDays: 1,
    };
    expect(pointers(all)).toEqual([]);
    const nulls = Object.fromEntries(Object.keys(all).map((name) => [name, null]));
    expect(pointers(nulls, true)).toEqual([]);
    expect(pointers(nulls)).toHaveLength(7);
  });

  it.each([
    [[], '/ invalid_type'],
    [null, '/ invalid_type'],
    [{ constructor: 1 }, '/constructor unknown_field'],
    [{ more: null }, '/more unknown_field'],
    [{ selfServiceFields: [] }, '/selfServiceFields invalid_type'],
    [{ selfServiceFields: { id: 'off' } }, '/selfServiceFields/id unknown_field'],
    [{ selfServiceFields: { toString: 'off' } }, '/selfServiceFields/toString unknown_field'],
    [{ selfServiceFields: { name: 'on' } }, '/selfServiceFields/name invalid_format'],
    [{ selfServiceFields: { customData: 'edit' } }, '/selfServiceFields/customData invalid_format'],
    [{ selfServiceClients: 'app' }, '/selfServiceClients invalid_type'],
    [{ selfServiceClients: ['app', 'app'] }, '/selfServiceClients/1 invalid_format'],
    [{ selfServiceClients: ['app', ''] }, '/selfServiceClients/1 invalid_format'],
    [{ selfServiceClients: Array(101).fill('x') }, '/selfServiceClients too_long'],
    [{ selfServiceProvisioning: 'on' }, '/selfServiceProvisioning invalid_type'],
    [{ selfServiceAssumeVerified: ['sms'] }, '/selfServiceAssumeVerified/0 invalid_format'],
    [{ reservedUsernames: ['x'.repeat(129)] }, '/reservedUsernames/0 too_long'],
    [{ eventsRetentionDays: -1 }, '/eventsRetentionDays invalid_number'],
    [{ eventsRetentionDays: '1' }, '/eventsRetentionDays invalid_number'],
    [{ deliveriesRetentionDays: 0 }, '/deliveriesRetentionDays invalid_number'],
    [{ deliveriesRetentionDays: 1.5 }, '/deliveriesRetentionDays invalid_number'],
  ])('%j is refused at %s', (value, at) => {
    expect(pointers(value)).toEqual([at]);
  });

  it('are judged all at once', () => {
    expect(
      pointers({ a: 1, eventsRetentionDays: null, selfServiceFields: { b: 1, name: 2 } }),
    ).toEqual([
      '/a unknown_field',
      '/eventsRetentionDays invalid_number',
      '/selfServiceFields/b unknown_field',
      '/selfServiceFields/name invalid_format',
    ]);
  });
});

describe('a patch of a tenant', () => {
  const stored = patchTenant(
    {
      hosts: ['b.example', 'a.example'],
      issuer: 'https://a.example',
      settings: { selfServiceFields: { name: 'off', avatar: 'off' }, eventsRetentionDays: 1 },
    },
    'replace',
  );
  const settings = (patch: object | null, json: JsonMode) =>
    patchTenant({ settings: patch }, json, stored).settings;

  it('keeps what it leaves out, clears by null, and sorts the hosts', () => {
    expect(stored.hosts).toEqual(['a.example', 'b.example']);
    expect(patchTenant({}, 'replace', stored)).toEqual(stored);
    expect(patchTenant({ issuer: null }, 'replace', stored)).toEqual({ ...stored, issuer: null });
  });

  it('replaces the settings, or merges them at every level', () => {
    const patch = { selfServiceFields: { name: 'edit' } };
    expect(settings(patch, 'replace')).toEqual(patch);
    expect(settings(patch, 'merge')).toEqual({
      selfServiceFields: { name: 'edit', avatar: 'off' },
      eventsRetentionDays: 1,
    });
    expect(
      settings({ selfServiceFields: { name: null }, eventsRetentionDays: null }, 'merge'),
    ).toEqual({ selfServiceFields: { avatar: 'off' } });
    expect(settings({ selfServiceFields: null }, 'merge')).toEqual({ eventsRetentionDays: 1 });
    expect(settings(null, 'merge')).toEqual({});
  });
});
