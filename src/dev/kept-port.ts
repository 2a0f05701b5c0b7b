import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DATA_FOLDER } from './development-issuer.js';

const FILE = join(DATA_FOLDER, 'port');

/** The port is part of the issuer's name: commands beside the service must know it. */
export function keepPort({ PORT }: { PORT: number }): void {
  mkdirSync(DATA_FOLDER, { recursive: true });
  writeFileSync(FILE, String(PORT));
}

/** That of the service which was started last in this folder, as a setting; none before the first start. */
export const keptPort = () => (existsSync(FILE) ? { PORT: readFileSync(FILE, 'utf8') } : {});
