import type { DataSource } from 'typeorm';

/** Databases whose tables are spread over the nodes of Citus (`npm run distribute`). */
const spread = new WeakSet<DataSource>();

export const markSpread = (database: DataSource) => spread.add(database);

export const isSpread = (database: DataSource) => spread.has(database);
