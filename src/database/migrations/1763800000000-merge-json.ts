import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Functions, because a merge must see the stored value in the statement that writes it. */
export class MergeJson1763800000000 implements MigrationInterface {
  name = 'MergeJson1763800000000';

  async up(runner: QueryRunner): Promise<void> {
    // JSON Merge Patch, RFC 7396, section 2.
    await runner.query(`
      CREATE FUNCTION json_merge_patch(target jsonb, patch jsonb) RETURNS jsonb
      LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT CASE WHEN jsonb_typeof(patch) = 'object' THEN (
          SELECT coalesce(jsonb_object_agg(coalesce(t.key, p.key),
            CASE WHEN p.key IS NULL THEN t.value ELSE json_merge_patch(t.value, p.value) END), '{}')
          FROM jsonb_each(CASE WHEN jsonb_typeof(target) = 'object' THEN target ELSE '{}' END) t
          FULL JOIN jsonb_each(patch) p ON p.key = t.key
          WHERE p.key IS NULL OR jsonb_typeof(p.value) <> 'null'
        ) ELSE patch END
      $$`);
    // The bytes of a value as JSON without the white space that jsonb's text form has between the
    // tokens: strings are matched whole, so a comma inside one stays as it is.
    await runner.query(`
      CREATE FUNCTION json_bytes(value jsonb) RETURNS integer
      LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT octet_length(
          regexp_replace(value::text, '("(?:[^"\\\\]|\\\\.)*")|([:,]) ', '\\1\\2', 'g'))
      $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP FUNCTION json_bytes(jsonb)`);
    await runner.query(`DROP FUNCTION json_merge_patch(jsonb, jsonb)`);
  }
}
