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

const noImportsOf = (...folders) => ({
  patterns: [
    {
      regex: `^(\\.\\./)+(${folders.join('|')})/`,
      message: 'No folder is imported by one that is below it.',
    },
  ],
});

export default tseslint.config(
  {
    ignores: [
      ...['**/dist', '.data', 'coverage', '**/node_modules', 'docs/.vitepress/cache'],
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
    files: ['src/*/**'],
    ignores: ['src/tenants/**'],
    rules: { 'no-restricted-imports': ['error', noImportsOf('tenants')] },
  },
  {
    files: ['src/metrics/**'],
    rules: {
      // A tool: only settings are below it, or a room could not say what it has without a cycle.
      'no-restricted-imports': [
        'error',
        {
          patterns: [{ regex: '^\\.\\./(?!config/)', message: 'Only config/ is below metrics/.' }],
        },
      ],
    },
  },
  {
    files: ['src/tenancy/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        noImportsOf('users', 'events', 'hooks', 'profile', 'tenants', 'writes'),
      ],
    },
  },
  {
    files: ['src/profile/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        { paths: ['typeorm', '@nestjs/typeorm'], ...noImportsOf('tenants') },
      ],
    },
  },
  { files: ['**/*.js'], ...tseslint.configs.disableTypeChecked },
);
