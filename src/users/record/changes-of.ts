import { isJson } from './column-values.js';
import { FIELDS, shownAs } from './event-fields.js';

/** In the order of the fields, which is that of their pointers. */
const IN_ORDER = Object.entries(FIELDS).sort(([, one], [, other]) => (one < other ? -1 : 1));

/** SQL of a column's value as JSON has it. */
const seen = (column: string, value: string) =>
  `coalesce(to_jsonb(${shownAs(column, value)}), 'null')`;

/**
 * SQL of the changes that an update makes, a jsonb array of `Change`, from a row that has each column
 * and what it is to be as `new_…`. Plain fields cost next to nothing; objects are compared only if set.
 *
 * @param isSet SQL of whether the patch sets a column
 */
export function changesOf(isSet: (column: string) => string, withValues: boolean): string {
  const change = (column: string, field: string) => {
    const [before, after] = [column, `new_${column}`].map((value) => seen(column, value));
    const values = withValues ? `, 'old', ${before}, 'new', ${after}` : '';
    return `CASE WHEN ${before} <> ${after}
      THEN jsonb_build_object('pointer', '/${field}'${values}) END`;
  };
  const objectChanges = (column: string, field: string) => `
    CASE WHEN ${isSet(column)} THEN json_changes(jsonb_build_object('${field}', ${column}),
      jsonb_build_object('${field}', new_${column}), ${withValues}) ELSE '[]' END`;
  const parts: string[] = [];
  let plain: string[] = [];
  const endPlain = () => {
    parts.push(`to_jsonb(array_remove(ARRAY[${plain.join(', ')}]::jsonb[], NULL))`);
    plain = [];
  };
  for (const [column, field] of IN_ORDER)
    if (isJson(column)) {
      endPlain();
      parts.push(objectChanges(column, field));
    } else plain.push(change(column, field));
  endPlain();
  // Where something changed that nobody may know: a pointer and no value.
  const secret = `CASE WHEN ${isSet('password_digest')} THEN '[{"pointer": "/password"}]' ELSE '[]' END`;
  return [...parts, `${secret}::jsonb`].join(' || ');
}
