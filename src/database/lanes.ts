import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import { Lane } from './lane.js';
import { poolOf } from './prepared-query.js';
import { OneByOne } from './one-by-one.js';

/** What the connections of one service have in common, made when it is first asked for. */
function ofPool<Value extends object>(make: (size: number) => Value) {
  const values = new WeakMap<Pool, Value>();
  return (database: DataSource): Value => {
    const pool = poolOf(database);
    const value = values.get(pool) ?? make(pool.options.max);
    values.set(pool, value);
    return value;
  };
}

const share = (size: number, of: number) => Math.max(1, Math.floor(size / of));

/** Milliseconds. */
const PATIENCE = 5_000;
const SEARCH_PATIENCE = 2_000;
const QUICK_SEARCH_MS = 50;
const QUICK_ROWS_MS = 25;

/** A lane for one kind of what may wait for others, so that the other kinds still have theirs. */
export const kindLane = (size: number) =>
  new Lane({ atATime: share(size, 4), most: 500, patience: PATIENCE });

/** What may wait for a lock: transactions, and writes that share no statement. The other half waits for nobody. */
export const waitingLane = ofPool(
  (size) => new Lane({ atATime: share(size, 2), most: 1_000, patience: PATIENCE }),
);

/** Writes of large objects, each of which keeps a processor of PostgreSQL busy: they have a third of it. */
export const largeLane = ofPool(
  (size) => new Lane({ atATime: share(size, 20), most: 100, patience: PATIENCE, rest: 2 }),
);

/** Searches, each of which keeps a processor of PostgreSQL busy: of those that take long they leave two thirds to others. */
export const searchLane = ofPool(
  (size) =>
    new Lane({
      ...{ atATime: share(size, 10), most: 50, patience: SEARCH_PATIENCE },
      ...{ rest: 2, quick: QUICK_SEARCH_MS },
    }),
);

/** Reads of many rows, which may be megabytes: of those that take long they leave the most to others. */
const rowsLane = () =>
  ofPool(
    (size) =>
      new Lane({
        ...{ atATime: share(size, 10), most: 500, patience: PATIENCE },
        ...{ rest: 4, quick: QUICK_ROWS_MS },
      }),
  );
export const eventsLane = rowsLane();
export const usersLane = rowsLane();

/** Transactions about the same user. */
export const oneUser = ofPool(() => new OneByOne());
