import { confusions } from './access/confusions.js';
import { massAssignment } from './access/mass-assignment.js';
import { paths } from './access/paths.js';
import { scopes } from './access/scopes.js';
import { World } from './access/world.js';
import type { Row, Settings } from './part.js';

export const name = 'access';

/** Who gets in, and what they can name there. */
export async function run(settings: Settings): Promise<Row[]> {
  const world = await World.start();
  try {
    return [
      await confusions(world, settings),
      await scopes(world, settings),
      await paths(world, settings),
      await massAssignment(world, settings),
    ];
  } finally {
    await world.lab.stop();
  }
}
