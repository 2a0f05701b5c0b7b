import { type Follower, readFeed, type Send, type Writers } from './load.js';

export interface Run {
  send: Send;
  writers: Writers;
  follower: Follower;
  killedAt: number;
  /** How often the receiver of a hook was told of a reset. */
  told: number;
  /** Whether the service still runs as the process that was started. */
  isRunning: boolean;
  isAsync: boolean;
}

/** Prints what became of the writes. Answers whether that is what the documentation promises. */
export async function report(run: Run): Promise<boolean> {
  const { writers, follower, killedAt, told, isRunning } = run;
  const feed = await readFeed(run.send);
  const names = new Set(feed.flatMap(({ data }) => data.changes ?? []).map((change) => change.new));
  const lost = writers.written.filter(({ name }) => !names.has(name)).length;

  const places = feed.map(({ sequence }) => Number(sequence));
  const isReset = feed.map(({ type }) => type === 'Feed.Reset');
  const gaps = places.filter(
    (place, index) => place !== (places[index - 1] ?? 0) + 1 && !isReset[index],
  ).length;

  const kept = new Set(feed.map(({ id }) => id));
  const gone = follower.seen.filter(({ id }) => !kept.has(id)).length;
  const twice = given(follower.seen.map(({ sequence, id }) => [sequence, id]));
  const etags = given(writers.written.map(({ user, etag, name }) => [`${user} ${etag}`, name]));

  const firstAfter = writers.written.find(({ at }) => at > killedAt + 200)?.at ?? Infinity;
  const lastBefore = writers.written.filter(({ at }) => at <= killedAt + 200).at(-1)?.at ?? 0;
  // The first second warms up, the last one may be without standbys.
  const steady = writers.written.filter(({ at }) => at < killedAt - 2_000);
  const [first, latest] = [steady[0]?.at ?? 0, steady.at(-1)?.at ?? 1];
  const rate = steady.filter(({ at }) => at > first + 1_000).length / (latest - first - 1_000);
  const resets = isReset.filter(Boolean).length;
  const others = [...writers.statuses.keys()].filter((status) => status !== 200 && status !== 503);

  const lines: [string, unknown][] = [
    ['writes acknowledged', writers.written.length],
    ['writes a second before the kill', Math.round(rate * 1_000)],
    ['acknowledged writes lost', lost],
    ['ETags given twice', etags],
    ['places in the feed given twice', twice],
    ['events that a reader has seen and that are gone', gone],
    ['events in the feed', feed.length],
    ['gaps in the feed, other than before a Feed.Reset', gaps],
    ['Feed.Reset in the feed', resets],
    ['the hook was told so', told],
    ['the reader was told so (410)', follower.resets],
    ['answers by status', JSON.stringify(Object.fromEntries(writers.statuses))],
    ['Retry-After of 503', [...writers.retryAfter].join()],
    ['seconds until the first write after the kill', ((firstAfter - killedAt) / 1_000).toFixed(1)],
    [
      'seconds between the last and the first write',
      ((firstAfter - lastBefore) / 1_000).toFixed(1),
    ],
    ['the service was restarted', isRunning ? 'no' : 'YES'],
  ];
  for (const [what, value] of lines) console.log(`${what.padEnd(52)}${String(value)}`);

  const isWell = isRunning && gaps === 0 && twice === 0 && others.length === 0;
  const isTold = resets === 1 && told === 1 && (gone === 0 || follower.resets > 0);
  const isKept = lost === 0 && gone === 0 && resets === 0 && told === 0;
  const isOk = isWell && (run.isAsync ? isTold : isKept);
  console.log(isOk ? 'As promised.' : 'NOT as promised.');
  return isOk;
}

/** How many keys stand for more than one value. */
function given(pairs: [key: string, value: string][]): number {
  const values = new Map<string, Set<string>>();
  for (const [key, value] of pairs) values.set(key, (values.get(key) ?? new Set()).add(value));
  return [...values.values()].filter(({ size }) => size > 1).length;
}
