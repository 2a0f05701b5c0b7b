import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DATA_FOLDER } from './development-issuer.js';

const FILE = join(DATA_FOLDER, 'port');

/** The port is part of the issuer's name: commands beside the service must know it. */
export function keepPort({ PORT }: { PORT: number }): void {
  try {
    mkdirSync(DATA_FOLDER, { recursive: true });
    writeFileSync(FILE, String(PORT));
  } catch (error) {
    console.error(
      `${FILE} cannot be written, so npm run token and tenant want PORT=${PORT}: ${String(error)}`,
    );
  }
}

/** That of the service which was started last in this folder, as a setting; none where that is not known. */
export function keptPort(): { PORT?: string } {
  try {
    const [PORT] = /^\d+/.exec(readFileSync(FILE, 'utf8')) ?? [];
    return PORT === undefined ? {} : { PORT };
  } catch {
    return {};
  }
}
