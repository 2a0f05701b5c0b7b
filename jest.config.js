/** Tests run the TypeScript sources as ES modules, as Node runs the build. */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.spec.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          keepClassNames: true,
          parser: { syntax: 'typescript', decorators: true },
          transform: {
            legacyDecorator: true,
            decoratorMetadata: true,
            useDefineForClassFields: false,
          },
        },
        module: { type: 'es6' },
      },
    ],
  },
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  testSequencer: '<rootDir>/test/support/longest-first.js',
  // One more than CI has cores: what waits leaves them to others.
  maxWorkers: 3,
  // Jest keeps 20 to 60 MB of each suite; a worker of gigabytes may take longer to end than Jest waits.
  workerIdleMemoryLimit: '700MB',
  // For what hangs; a busy machine must not come near it.
  testTimeout: 180_000,
};
