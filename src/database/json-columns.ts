import { type CustomTypesConfig, types } from 'pg';
import { parseJson } from '../json/parse-json.js';

/** Object identifiers of json and jsonb in PostgreSQL's pg_type. */
const JSON_TYPES = [114, 3802];

/** For the connections of a pool: JSON of the database is parsed without the runtime's bug with keys. */
export const jsonColumns: CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    JSON_TYPES.includes(oid) ? parseJson : (types.getTypeParser(oid, format) as () => unknown),
};
