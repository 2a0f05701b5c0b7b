import type { Preconditions } from '../../http/preconditions.js';

/** Preconditions as a statement takes them; `*` of If-Match asks for no more than that there is a row. */
export const versionConditions = ({ ifMatch, ifNoneMatch }: Preconditions) => ({
  if_match: Array.isArray(ifMatch) ? ifMatch : null,
  if_none_match: Array.isArray(ifNoneMatch) ? ifNoneMatch : null,
  unless_there: ifNoneMatch === '*',
});
export const CONDITION_COLUMNS = 'if_match text[], if_none_match text[], unless_there boolean';

/** SQL of whether a version meets them. */
export const meetsConditions = (version: string) => `(NOT unless_there
  AND (if_match IS NULL OR ${version}::text = ANY (if_match))
  AND (if_none_match IS NULL OR ${version}::text <> ALL (if_none_match)))`;
