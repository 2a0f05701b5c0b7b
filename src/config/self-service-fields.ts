/** What users may do with a field of their own: not even see it, see it, or change it. */
export type SelfServiceLevel = 'off' | 'read-only' | 'edit';

/** The fields that self-service has a way to change. */
const EDITABLE = ['name', 'avatar', 'username', 'profile'];

/** The fields that it only shows. `id` is always there. */
const SHOWN = [
  ...['primaryEmail', 'primaryPhone', 'customData', 'identities', 'lastSignInAt', 'createdAt'],
  ...['updatedAt', 'applicationId', 'isSuspended', 'hasPassword', 'ssoIdentities'],
];

/** The levels that a field may have; undefined of what has none. */
export function levelsOf(field: string): readonly string[] | undefined {
  if (EDITABLE.includes(field)) return ['off', 'read-only', 'edit'];
  return SHOWN.includes(field) ? ['off', 'read-only'] : undefined;
}

export const SELF_SERVICE_FIELDS = [...EDITABLE, ...SHOWN];

/** `name:edit,customData:off` over the defaults; undefined when an entry is not of that form. */
export function parseSelfServiceFields(
  entries: string[],
): Map<string, SelfServiceLevel> | undefined {
  const levels = new Map<string, SelfServiceLevel>(EDITABLE.map((field) => [field, 'edit']));
  for (const entry of entries) {
    const [field = '', level = ''] = entry.split(':');
    if (!levelsOf(field)?.includes(level)) return undefined;
    levels.set(field, level as SelfServiceLevel);
  }
  return levels;
}
