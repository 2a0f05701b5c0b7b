import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

const dtoAsType = {
  selector:
    "ImportDeclaration[importKind='type'][source.value=/update-.*\\.dto\\.js$|create-.*\\.dto\\.js$/]",
  message: 'A DTO imported as a type is lost to the pipe, which then has no rules for the body.',
};
const processEnv = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'Only config/load-env.ts reads the environment.',
};
const jsonParse = {
  selector: "MemberExpression[object.name='JSON'][property.name='parse']",
  message: 'JSON.parse mistakes keys for others (nodejs/node#63785); parseJson does not.',
};
const skippedTest = {
  selector:
    'CallExpression[callee.object.name=/^(it|test|describe)$/][callee.property.name=/^(only|skip|todo)$/]',
  message: 'A test runs or it is not there.',
};

/** `sql` is what a Statement is taken apart into; it may not be made otherwise. */
const ownSql = [
  {
    selector:
      "CallExpression[callee.property.name=/^(query|executeSql|getRepository|createQueryBuilder)$/]:not([arguments.0.name='sql'])",
    message: 'SQL is made by ofTenant and acrossTenants, in a file of statements.',
  },
  {
    selector: ':matches(VariableDeclarator[id.name="sql"], AssignmentExpression[left.name="sql"])',
    message: 'Take `sql` from a Statement: `const [sql, parameters] = …`.',
  },
  {
    selector:
      ':matches(TSAsExpression, TSTypeAssertion) > TSTypeReference[typeName.name="Statement"]',
    message: 'Only ofTenant and acrossTenants make a Statement.',
  },
];
const madeTenantId = {
  selector: ':matches(TSAsExpression, TSTypeAssertion) TSTypeReference[typeName.name="TenantId"]',
  message: 'A TenantId comes from a Tenant of tenancy/, or from a row that a statement answers.',
};
const restricted = [dtoAsType, processEnv, jsonParse, skippedTest, ...ownSql, madeTenantId];

const restrictSyntax = (files, ...allowed) => ({
  files,
  rules: {
    'no-restricted-syntax': ['error', ...restricted.filter((rule) => !allowed.includes(rule))],
  },
});

/**
 * The folders of src by floors, from the top: each may import what stands on the floors below its own, and
 * nothing that stands above it or beside it. At the top, all may know each other.
 */
const FLOORS = [
  ['.', 'openapi', 'dev'],
  // Thin HTTP modules.
  ['profile', 'identities', 'passwords', 'hooks', 'tenants', 'health'],
  ['users', 'events'],
  // The background.
  ['deliveries', 'retention'],
  // The record and its events.
  ['users/search'],
  ['users/record', 'hooks/record'],
  ['events/record'],
  // What every request passes.
  ['writes', 'limits'],
  ['auth'],
  ['http', 'tenancy'],
  // Tools.
  ['hashing', 'secrets'],
  ['validation', 'logging'],
  ['errors'],
  // The ground.
  ['database', 'database/migrations'],
  ['metrics', 'tracing'],
  ['config'],
  ['json', 'text'],
];
const SRC = join(import.meta.dirname, 'src');
const homeless = readdirSync(SRC, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ parentPath, name }) => relative(SRC, join(parentPath, name)))
  .filter((folder) => !FLOORS.flat().includes(folder));
if (homeless.length > 0) throw new Error(`FLOORS has no place for ${homeless.join(', ')}`);

const filesOf = (folder) => join(SRC, folder, '*');
const zones = FLOORS.flatMap((floor, height) =>
  height === 0
    ? []
    : floor.map((folder) => ({
        target: filesOf(folder),
        from: FLOORS.slice(0, height + 1)
          .flat()
          .filter((other) => other !== folder)
          .map(filesOf),
        message: 'No folder is imported by one that is beside it or below it.',
      })),
);

export default tseslint.config(
  {
    ignores: [
      ...['**/dist', '.data', 'coverage', '**/node_modules', 'docs/.vitepress/cache'],
      // Generated.
      'packages/client/src/api.ts',
      // What is in clients imports what its test generates.
      'test/contract/clients',
    ],
  },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: {
          allowDefaultProject: [
            ...['*.js', 'scripts/*.js', 'deploy/*/*.js', 'docs/*/*.js'],
            ...['docs/.vitepress/*.js', 'docs/.vitepress/theme/*.js'],
          ],
        },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    plugins: { 'import-x': importX },
    settings: {
      'import-x/extensions': ['.ts', '.js'],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
      'import-x/resolver-next': [createNodeResolver({ extensionAlias: { '.js': ['.ts', '.js'] } })],
    },
    rules: {
      'import-x/no-cycle': 'error',
      'import-x/no-restricted-paths': ['error', { zones }],
      'no-restricted-syntax': ['error', ...restricted],
      eqeqeq: 'error',
      // DTO classes are shapes with metadata: answers are literals of that shape.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      // Nest's modules are classes with nothing but a decorator.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
    },
  },
  restrictSyntax(['src/json/parse-json.ts'], jsonParse),
  restrictSyntax(['src/config/load-env.ts'], processEnv),
  restrictSyntax(
    ['test/**', 'examples/**', 'bench/**', 'deploy/**', 'jest.citus.config.js'],
    ...[processEnv, jsonParse, ...ownSql, madeTenantId],
  ),
  // What runs statements and migrations, and what TenantId is.
  restrictSyntax(['src/database/**'], ...ownSql, madeTenantId),
  // It finds tenants.
  restrictSyntax(['src/tenancy/**'], madeTenantId),
  // The name of a queue has its tenant.
  restrictSyntax(['src/hooks/record/hook-key.ts'], madeTenantId),
  // They ask for the database itself and indexes, which have no tenant.
  restrictSyntax(
    ['src/health/health.controller.ts', 'src/users/search/search-indexes.ts'],
    ...ownSql,
  ),
  {
    // Tests look into answers of any shape; a wrong guess fails the test.
    files: ['test/**'],
    rules: {
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['src/metrics/**', 'src/tracing/**'],
    rules: {
      // A tool: only settings are below it, or a room could not say what it has without a cycle.
      'no-restricted-imports': [
        'error',
        {
          patterns: [{ regex: '^\\.\\./(?!config/)', message: 'Only config/ is below it.' }],
        },
      ],
    },
  },
  {
    files: ['src/profile/**'],
    rules: {
      'no-restricted-imports': ['error', { paths: ['typeorm', '@nestjs/typeorm'] }],
    },
  },
  { files: ['**/*.js'], ...tseslint.configs.disableTypeChecked },
);
