import { Agent, request } from 'undici';
import { residentMiB } from './cpu.js';
import { Servers } from './servers.js';
import { addTenants, hostOf, tenantIds, tenantSettings, tenantToken } from './tenant-data.js';
import { addUsers } from './users.js';

/** Requests at the same time. */
const PARALLEL = 32;

/** What is resident before and after every tenant was asked for a user and changed one, and after all of it again. */
export async function measureOnce(tenants: number): Promise<string> {
  const servers = await Servers.start(1);
  const dispatcher = new Agent({ connections: PARALLEL });
  try {
    const ids = tenantIds(tenants);
    await addTenants(servers.client, ids);
    await addUsers(servers.client, 1, 1, ids);
    const { url, pid } = await servers.service(tenantSettings(servers));
    const resident = [residentMiB(pid)];
    for (let round = 0; round < 2; round += 1) {
      const left = [...ids];
      const ask = async (id: string, method: 'GET' | 'PATCH') => {
        const token = await tenantToken(servers, id);
        const { statusCode, body } = await request(`${url}/api/users/u1`, {
          ...{ dispatcher, method },
          headers: {
            ...{ host: hostOf(id), authorization: `Bearer ${token}` },
            'content-type': 'application/json',
          },
          ...(method === 'PATCH' && { body: JSON.stringify({ name: `Name ${round}` }) }),
        });
        await body.dump();
        if (statusCode !== 200) throw new Error(`${id}: ${method} was answered ${statusCode}`);
      };
      const asking = Array.from({ length: PARALLEL }, async () => {
        for (let id = left.pop(); id; id = left.pop()) {
          await ask(id, 'GET');
          await ask(id, 'PATCH');
        }
      });
      await Promise.all(asking);
      resident.push(residentMiB(pid));
    }
    const [before, once, twice] = resident;
    return `${tenants} tenants asked once: ${before} → ${once} MiB, again: ${twice} MiB`;
  } finally {
    await dispatcher.close();
    await servers.stop();
  }
}
