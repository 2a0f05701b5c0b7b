/** Files that are mutated together, and the suites that are to notice it: few, since each mutant runs them anew. */
export interface Part {
  mutate: string[];
  tests: string[];
  /** Whether they are about the whole service with its database, which is then loaded once for all of them. */
  isServed?: boolean;
  /** Whether what they make is kept, so that which test comes to it first says nothing of which ones need it. */
  isMadeOnce?: boolean;
}

const files = (folder: string, ...names: string[]) =>
  names.map((name) => `src/${folder}/${name}.ts`);
const e2e = (...names: string[]) => names.map((name) => `test/e2e/${name}.spec.ts`);
const unit = (...names: string[]) => names.map((name) => `test/unit/${name}.spec.ts`);

/** What is left out only documents, or says how a table looks: `*.docs.ts`, `user.example.ts`, entities. */
export const PARTS: Part[] = [
  {
    mutate: files('validation', 'rules', 'json-rules', 'list-rule'),
    tests: unit('rules', 'list-rule'),
  },
  {
    mutate: files('validation', 'rule', 'fields', 'bare-body', 'read-only'),
    tests: unit('fields'),
  },
  ...[
    ...['claims', 'token-cache', 'realms', 'get-json', 'signing-keys', 'issuer-keys'],
    'verify-token',
  ].map((name) => ({ mutate: files('auth', name), tests: unit(name) })),
  {
    mutate: files(
      ...['auth', 'access', 'origin', 'principal'],
      ...['tenant.guard', 'token.guard', 'token.strategy'],
    ),
    tests: e2e('gate'),
  },
  { mutate: files('users', 'user.dto'), tests: unit('user-dto') },
  { mutate: files('users/record', 'patch-columns'), tests: unit('patch-columns') },
  { mutate: files('users/record', 'user.errors'), tests: unit('user-errors') },
  {
    mutate: files('users/search', 'user-query', 'user-page', 'shared-totals'),
    tests: unit('user-query', 'user-page', 'shared-totals'),
  },
  {
    mutate: files('users/record', 'shared-writes', 'sharable-writes'),
    tests: unit('shared-writes'),
  },
  // What of users answers requests, and reads and writes the database.
  ...[
    {
      mutate: files(
        'users/record',
        ...['users.service', 'owned-rows.service', 'stored-passwords.service', 'erasure.service'],
        ...['recording-of', 'version-conditions', 'touch-user.statement', 'user.statements'],
      ),
      tests: e2e(
        ...['users', 'conditional', 'merge', 'identities', 'passwords', 'dry-run', 'self-service'],
        'events',
      ),
    },
    {
      mutate: files(
        'users/record',
        ...['judged-changes', 'changes-of', 'event-fields', 'column-values', 'shared-statement'],
        ...['create-users.statement', 'update-users.statement', 'delete-users.statement'],
      ),
      tests: e2e(
        ...['users', 'shared-statements', 'merge', 'conditional', 'events', 'spread-updates'],
        ...['self-service', 'statements'],
      ),
      isMadeOnce: true,
    },
    { mutate: files('users/search', 'user-search.statements'), tests: e2e('list') },
    {
      mutate: files('users/search', 'users-search.service'),
      tests: e2e('statements', 'list', 'lanes', 'search-indexes'),
    },
    {
      mutate: files('users/record', 'user-writes', 'user-reads'),
      tests: e2e(
        ...['users', 'shared-statements', 'spread-updates', 'metrics', 'statements'],
        'idempotency',
      ),
    },
    {
      mutate: files('users', 'users.controller', 'user-parts.controller'),
      tests: e2e('users', 'merge', 'dry-run', 'passwords', 'limits', 'list'),
    },
    {
      mutate: files('users/record', 'update-users-apart.statement'),
      tests: e2e('spread-updates'),
      isMadeOnce: true,
    },
    {
      mutate: files('users/search', 'search-indexes'),
      tests: [...unit('search-indexes'), ...e2e('search-indexes')],
    },
  ].map((part) => ({ ...part, isServed: true })),
];
