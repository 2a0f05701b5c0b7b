import { USER_FIELDS } from './user.dto.js';

const fields = new Set<string>(USER_FIELDS);

/** Whether a key that a body may not have is at least a field of the user. */
export const isReadOnly = (key: string) => fields.has(key);
