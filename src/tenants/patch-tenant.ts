import { invalidInput } from '../errors/app-error.js';
import { jsonPointer } from '../errors/json-pointer.js';
import { isPlainObject } from '../json/is-plain-object.js';
import type { JsonMode } from '../http/json-body.js';
import type { TenantSettings } from '../tenancy/tenant-row.js';
import { settingsRule } from './settings-rule.js';
import type { TenantFields, TenantPatch } from './tenant-record.js';

/** What a tenant has that says nothing of itself: all is as the settings of the service say. */
const NOTHING: TenantFields = {
  hosts: [],
  issuer: null,
  jwksUri: null,
  userAudience: null,
  managementAudience: null,
  settings: {},
  isSuspended: false,
};

/**
 * The fields of a tenant with a patch that passed validation applied to them.
 *
 * @throws AppError guard.invalid_input when what a merge comes to is not valid
 */
export function patchTenant(
  patch: TenantPatch,
  json: JsonMode,
  before: TenantFields = NOTHING,
): TenantFields {
  const { settings, ...rest } = patch;
  const after = { ...before, ...rest, settings: patchSettings(before.settings, settings, json) };
  return { ...after, hosts: [...after.hosts].sort() };
}

function patchSettings(
  stored: TenantSettings,
  patch: TenantPatch['settings'],
  json: JsonMode,
): TenantSettings {
  if (patch === undefined) return stored;
  if (json !== 'merge') return patch as TenantSettings;
  const merged = mergePatch(stored, patch) as TenantSettings;
  const faults = settingsRule(merged, { isMergePatch: false, body: {} });
  if (faults.length === 0) return merged;
  throw invalidInput(
    faults.map(({ at = [], ...fault }) => ({
      pointer: jsonPointer(['settings', ...at]),
      ...fault,
    })),
  );
}

/** RFC 7396, section 2. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isPlainObject(patch)) return patch ?? {};
  const merged = new Map(Object.entries(isPlainObject(target) ? target : {}));
  for (const [name, value] of Object.entries(patch))
    if (value === null) merged.delete(name);
    else merged.set(name, mergePatch(merged.get(name), value));
  return Object.fromEntries(merged);
}
