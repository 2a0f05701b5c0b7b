import { parseArgs } from 'node:util';
import { measureIdle } from './idle-tenants.js';
import { measureMixed } from './mixed-tenants.js';
import { measureOnce } from './once-tenants.js';

/**
 * `npm run bench:tenants -- [part …]`: many tenants in one service.
 *
 * - `mixed`: `--tenants` with `--users` each under a mixed load, beside one tenant with as many users as all of them;
 * - `idle`: what the background costs with `--idle` tenants that nobody asks, without hooks and with two each;
 * - `once`: what a service keeps of `--idle` tenants each of which was asked once.
 *
 * A small run: `npm run bench:tenants -- --tenants 50 --users 100 --idle 200 --seconds 3 --rounds 1`.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tenants: { type: 'string', default: '1000' },
    users: { type: 'string', default: '1000' },
    idle: { type: 'string', default: '5000' },
    seconds: { type: 'string', default: '15' },
    rounds: { type: 'string', default: '2' },
    connections: { type: 'string', default: '64' },
  },
});
const parts = positionals.length > 0 ? positionals : ['mixed', 'idle', 'once'];
const [seconds, idle] = [Number(values.seconds), Number(values.idle)];

if (parts.includes('mixed'))
  console.log(
    await measureMixed({
      ...{ tenants: Number(values.tenants), users: Number(values.users), seconds },
      ...{ rounds: Number(values.rounds), connections: Number(values.connections) },
    }),
  );
if (parts.includes('idle')) console.log(await measureIdle(idle, seconds));
if (parts.includes('once')) console.log(await measureOnce(idle));
