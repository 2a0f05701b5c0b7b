/** Files that are mutated together, and the suites that are to notice it: few, since each mutant runs them anew. */
export interface Part {
  mutate: string[];
  tests: string[];
  /** Whether they are about the whole service, which is then loaded once for all of them. */
  isServed?: boolean;
}

const files = (folder: string, ...names: string[]) =>
  names.map((name) => `src/${folder}/${name}.ts`);
const e2e = (...names: string[]) => names.map((name) => `test/e2e/${name}.spec.ts`);
const unit = (...names: string[]) => names.map((name) => `test/unit/${name}.spec.ts`);

export const FOLDERS: Record<string, Part[]> = {
  validation: [
    {
      mutate: files('validation', 'rules', 'json-rules', 'list-rule'),
      tests: unit('rules', 'list-rule'),
    },
    {
      mutate: files('validation', 'rule', 'fields', 'bare-body', 'read-only'),
      tests: unit('fields'),
    },
  ],
  auth: [
    { mutate: files('auth', 'claims'), tests: unit('claims') },
    { mutate: files('auth', 'token-cache'), tests: unit('token-cache') },
    { mutate: files('auth', 'realms'), tests: unit('realms') },
    { mutate: files('auth', 'get-json'), tests: unit('get-json') },
    { mutate: files('auth', 'signing-keys'), tests: unit('signing-keys') },
    { mutate: files('auth', 'issuer-keys'), tests: unit('issuer-keys') },
    { mutate: files('auth', 'verify-token'), tests: unit('verify-token') },
    {
      mutate: files(
        ...['auth', 'access', 'origin', 'principal'],
        ...['tenant.guard', 'token.guard', 'token.strategy'],
      ),
      tests: ['test/e2e/gate.spec.ts'],
    },
  ],
  users: [
    { mutate: files('users', 'user.dto'), tests: unit('user-dto') },
    { mutate: files('users/record', 'patch-columns'), tests: unit('patch-columns') },
    { mutate: files('users/record', 'user.errors'), tests: unit('user-errors') },
    {
      mutate: files('users/search', 'user-query', 'user-page', 'shared-totals'),
      tests: unit('user-query', 'user-page', 'shared-totals'),
    },
  ],
  // What of users answers requests, and reads and writes the database.
  records: [
    {
      mutate: files('users/record', 'users.service'),
      tests: e2e('users', 'conditional', 'merge', 'profile', 'self-service', 'events'),
    },
    {
      mutate: files('users/record', 'user-reads', 'user-writes'),
      tests: e2e('shared-statements', 'users'),
    },
    { mutate: files('users', 'users.controller'), tests: e2e('users', 'passwords', 'list') },
    {
      mutate: files('users/record', 'owned-rows.service', 'stored-passwords.service'),
      tests: e2e('identities', 'passwords'),
    },
    { mutate: files('users/search', 'users-search.service'), tests: e2e('list') },
    { mutate: files('users/record', 'shared-writes'), tests: e2e('shared-statements') },
  ].map((part) => ({ ...part, isServed: true })),
};
