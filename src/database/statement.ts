/** A statement and its parameters, as `DataSource.query` takes them. */
export type Statement = [sql: string, parameters: unknown[]];
