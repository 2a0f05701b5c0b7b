import { ADDRESS_CLAIMS, PROFILE_CLAIMS } from './json-rules.js';

const strings = (names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, { type: 'string' }]));

/** OpenAPI schema of `profile`: the 12 claims, each optional, and whatever else a team keeps there. */
export const PROFILE_SCHEMA = {
  title: 'Profile',
  type: 'object',
  properties: {
    ...strings(PROFILE_CLAIMS),
    address: {
      title: 'Address',
      type: 'object',
      properties: strings(ADDRESS_CLAIMS),
      additionalProperties: true,
    },
  },
  additionalProperties: true,
};
