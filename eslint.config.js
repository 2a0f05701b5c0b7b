import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

const dtoAsType = {
  selector:
    "ImportDeclaration[importKind='type'][source.value=/update-.*\\.dto\\.js$|create-.*\\.dto\\.js$/]",
  message: 'A DTO imported as a type is lost to the pipe, which then has no rules for the body.',
};
const processEnv = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'Only config/env.ts reads the environment.',
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

export default tseslint.config(
  { ignores: ['**/dist', '.data', 'coverage', 'node_modules'] },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['*.js', 'scripts/*.js'] },
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
      'no-restricted-syntax': ['error', dtoAsType, processEnv, jsonParse, skippedTest],
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
  {
    files: ['src/json/parse-json.ts'],
    rules: { 'no-restricted-syntax': ['error', dtoAsType, processEnv, skippedTest] },
  },
  {
    files: ['src/config/env.ts', 'test/**', 'examples/**', 'bench/**'],
    rules: { 'no-restricted-syntax': ['error', dtoAsType, skippedTest] },
  },
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
    files: ['src/profile/**'],
    rules: { 'no-restricted-imports': ['error', { paths: ['typeorm', '@nestjs/typeorm'] }] },
  },
  { files: ['**/*.js'], ...tseslint.configs.disableTypeChecked },
);
