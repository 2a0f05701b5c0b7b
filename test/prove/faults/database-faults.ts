import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../lab.js';
import type { OwnServer } from './own-server.js';
import type { Proxy } from './proxy.js';

export interface Site {
  lab: Lab;
  server: OwnServer;
  proxy: Proxy;
}

/** What happens to the service and its database while they have work to do. */
export const FAULTS: Record<string, (site: Site) => Promise<string | undefined>> = {
  'kill -9 of the service': async ({ lab }) => {
    lab.signal('SIGKILL');
    await lab.ended();
    await lab.run();
    return undefined;
  },
  'the service stopped for 3 s (SIGSTOP)': async ({ lab }) => {
    lab.signal('SIGSTOP');
    await sleep(3_000);
    lab.signal('SIGCONT');
    return undefined;
  },
  'backends terminated': async ({ server }) => {
    for (let round = 0; round < 5; round += 1) {
      await server.terminateBackends();
      await sleep(200);
    }
    return undefined;
  },
  'connections cut after the commit': async ({ proxy }) => {
    const before = proxy.cuts;
    for (let round = 0; round < 10; round += 1) {
      proxy.cutAnswers(3);
      await sleep(200);
    }
    proxy.cutAnswers(0);
    return `${proxy.cuts - before} answers cut`;
  },
  'kill -9 of PostgreSQL': async ({ server }) => {
    server.kill();
    await sleep(500);
    await server.run();
    return undefined;
  },
  'PostgreSQL restarted': async ({ server }) => {
    await server.restart();
    return undefined;
  },
  'the clock of the database set back by an hour': async ({ server }) => {
    await server.query(`
      CREATE SCHEMA past;
      CREATE FUNCTION past.now() RETURNS timestamptz STABLE LANGUAGE sql
        AS $$ SELECT pg_catalog.now() - interval '1 hour' $$;
      CREATE FUNCTION past.clock_timestamp() RETURNS timestamptz VOLATILE LANGUAGE sql
        AS $$ SELECT pg_catalog.clock_timestamp() - interval '1 hour' $$;
      GRANT USAGE ON SCHEMA past TO PUBLIC;
      ALTER DATABASE postgres SET search_path = past, pg_catalog, public`);
    await server.terminateBackends();
    await sleep(2_000);
    await server.query(`
      ALTER DATABASE postgres RESET search_path;
      DROP SCHEMA past CASCADE`);
    await server.terminateBackends();
    return 'by functions that stand in front of pg_catalog';
  },
  'the disk of the database full': async ({ server }) => {
    if (!server.hasDisk) return 'NOT TRIED: a disk of its own needs root';
    const free = server.fillDisk();
    await sleep(3_000);
    free();
    await server.run();
    return undefined;
  },
};
