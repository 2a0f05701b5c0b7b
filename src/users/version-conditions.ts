import type { Preconditions } from '../http/preconditions.js';

/** Preconditions as a statement takes them; `*` of If-Match asks for no more than that there is a row. */
export const versionConditions = ({ ifMatch, ifNoneMatch }: Preconditions) => ({
  if_match: Array.isArray(ifMatch) ? ifMatch : null,
  if_none_match: Array.isArray(ifNoneMatch) ? ifNoneMatch : null,
  unless_there: ifNoneMatch === '*',
});

/** SQL of whether a version meets them, of the names or parameters that they have in the statement. */
export const meetsConditions = (
  version: string,
  [ifMatch, ifNoneMatch, unlessThere]: [string, string, string],
) => `(NOT ${unlessThere}
  AND (${ifMatch} IS NULL OR ${version}::text = ANY (${ifMatch}))
  AND (${ifNoneMatch} IS NULL OR ${version}::text <> ALL (${ifNoneMatch})))`;
