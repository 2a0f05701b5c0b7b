export const SETTINGS = Symbol('settings');

/** Where things are; `npm run example:mirror` fails with the name of what is missing. */
export interface Settings {
  /** Of nameplate, such as http://localhost:3000. */
  nameplateUrl: string;
  /** A management token with the scopes events:read and users:read. */
  token: string;
  /** A PostgreSQL database of the mirror's own. */
  databaseUrl: string;
  /** Where the webhook listens. */
  port: number;
  /** `whsec_…`, as nameplate showed it once; empty = no webhook, the feed alone. */
  hookSecret: string;
  /** Whether the feed is followed; without it, the webhook alone keeps the mirror. */
  followsFeed: boolean;
}

export function readSettings(variables = process.env): Settings {
  const required = (name: string): string => {
    const value = variables[name];
    if (!value) throw new Error(`${name} must be set`);
    return value;
  };
  return {
    nameplateUrl: required('NAMEPLATE_URL').replace(/\/$/, ''),
    token: required('NAMEPLATE_TOKEN'),
    databaseUrl: required('MIRROR_DATABASE_URL'),
    port: Number(variables['MIRROR_PORT'] ?? 4000),
    hookSecret: variables['MIRROR_HOOK_SECRET'] ?? '',
    followsFeed: variables['MIRROR_FEED'] !== 'off',
  };
}
