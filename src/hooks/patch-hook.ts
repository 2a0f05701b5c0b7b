import { invalidInput } from '../errors/app-error.js';
import type { JsonMode } from '../http/json-body.js';
import { headersRule, isSameHeader } from './hook-rules.js';
import type { Hook, HookPatch } from './record/hook-row.js';

/**
 * A hook with a patch that passed validation applied to it.
 *
 * @throws AppError guard.invalid_input when a merge has too many headers
 */
export function patchHook(hook: Hook, patch: HookPatch, json: JsonMode): Hook {
  const { headers, ...rest } = patch;
  return { ...hook, ...rest, headers: mergeHeaders(hook.headers, headers, json) };
}

function mergeHeaders(
  stored: Hook['headers'],
  headers: HookPatch['headers'],
  json: JsonMode,
): Hook['headers'] {
  if (headers === undefined) return stored;
  if (headers === null) return {};
  // Names of headers differ in more than case, or they are the same.
  const kept = Object.entries(stored).filter(
    ([name]) =>
      json === 'merge' && !Object.keys(headers).some((other) => isSameHeader(name, other)),
  );
  const set = Object.entries(headers).filter(([, value]) => value !== null);
  const merged = Object.fromEntries([...kept, ...set]) as Hook['headers'];
  const faults = headersRule(merged, { isMergePatch: false, body: {} });
  if (faults.length > 0)
    throw invalidInput(faults.map(({ code, detail }) => ({ pointer: '/headers', code, detail })));
  return merged;
}
