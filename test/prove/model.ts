import fc from 'fast-check';
import { randomId } from '../../src/text/random-id.js';
import { Lab } from './lab.js';
import { type FeedEvent, readFeed } from './load.js';
import type { Command } from './model/commands.js';
import { scripts } from './model/commands.js';
import { faultOf } from './model/linear.js';
import { play, type Stage, userId } from './model/play.js';
import { difference, replayed } from './model/replay.js';
import type { Row, Settings } from './part.js';

export const name = 'model';

const SHORT_RUNS = 8;
const FULL_MS = 60_000;
const USERS = [0, 1, 2];

/** Random commands of several clients at two instances, against a reference. */
export async function run({ seed, isShort }: Settings): Promise<Row[]> {
  const first = await Lab.start();
  const second = await Lab.start({}, first);
  const token = await first.issuer.managementToken({ exp: Date.now() / 1000 + 7_200 });
  const send = first.sender(token);
  let [cases, commands, after] = [0, 0, '0'];
  try {
    const property = fc.asyncProperty(scripts, async (all) => {
      cases += 1;
      commands += all.flat().length;
      const prefix = `${randomId()}-`;
      const stage: Stage = { labs: [first, second], token, prefix, ownTokens: [] };
      stage.ownTokens = await Promise.all(
        USERS.map((user) => first.issuer.userToken(userId(stage, user))),
      );
      const feed = await check(stage, all, () => readFeed(send, after));
      after = feed.at(-1)?.sequence ?? after;
    });
    const { failed, errorInstance, counterexample, counterexamplePath } = await fc.check(property, {
      seed,
      ...(isShort
        ? { numRuns: SHORT_RUNS }
        : { numRuns: 1_000_000, interruptAfterTimeLimit: FULL_MS, markInterruptAsFailure: false }),
    });
    const fault = `${(errorInstance as Error | null)?.message}\n${JSON.stringify(counterexample)}\n--seed ${seed}, ${counterexamplePath}`;
    return [
      {
        claim: 'histories of several clients are linearizable, and the feed replays to the users',
        ...{ cases, faults: failed ? [fault] : [], note: `${commands} commands, 2 instances` },
      },
    ];
  } finally {
    await second.stop();
    await first.stop();
  }

  /** @throws Error that tells what cannot be */
  async function check(
    stage: Stage,
    all: Command[][],
    read: () => Promise<FeedEvent[]>,
  ): Promise<FeedEvent[]> {
    const done = await play(stage, all);
    const feed = await read();
    const start = Number(after);
    const gap = feed.find(({ sequence }, n) => Number(sequence) !== start + n + 1);
    if (gap) throw new Error(`a gap before ${gap.sequence}`);
    const users = replayed(feed);
    for (const user of USERS) {
      const id = userId(stage, user);
      const events = feed.filter(({ subject }) => subject === id);
      const ofUser = done.filter((one) => one.id === id);
      const answer = await send('GET', `/users/${id}`);
      const current: unknown = answer.ok ? await answer.json() : undefined;
      const fault = faultOf(ofUser, events) ?? difference(current, users.get(id));
      if (fault !== undefined) throw new Error(fault);
    }
    return feed;
  }
}
