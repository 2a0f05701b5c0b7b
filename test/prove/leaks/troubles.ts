import type { TestDatabase } from '../../support/test-database.js';

/** What goes wrong while requests are served; each is put right again by what it answers. */
export type Trouble = (database: TestDatabase) => Promise<() => Promise<void>>;

const sql =
  (make: string, mend: string): Trouble =>
  async ({ client }) => {
    await client.query(make);
    return async () => {
      await client.query(mend);
    };
  };

/** An error that says all that it was given: message, detail, hint, and the row itself. */
const TALKATIVE = `
  CREATE FUNCTION prove_fail() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    RAISE EXCEPTION 'no %', row_to_json(NEW) USING DETAIL = row_to_json(NEW)::text,
      HINT = row_to_json(NEW)::text, ERRCODE = TG_ARGV[0];
  END $$;`;

const failing = (code: string): Trouble =>
  sql(
    `${TALKATIVE}
     CREATE TRIGGER prove_fail BEFORE INSERT OR UPDATE ON users
       FOR EACH ROW EXECUTE FUNCTION prove_fail('${code}');
     CREATE TRIGGER prove_fail BEFORE INSERT OR UPDATE ON user_identities
       FOR EACH ROW EXECUTE FUNCTION prove_fail('${code}')`,
    'DROP FUNCTION prove_fail() CASCADE',
  );

export const TROUBLES: Record<string, Trouble> = {
  none: async () => async () => undefined,
  'an error of the database that repeats the row': failing('XX000'),
  'an error that means «later»': failing('53300'),
  'a constraint that nobody knows': sql(
    `ALTER TABLE users ADD CONSTRAINT ck_prove CHECK (name IS NULL AND custom_data = '{}') NOT VALID`,
    'ALTER TABLE users DROP CONSTRAINT ck_prove',
  ),
  'a column that is too narrow': sql(
    'ALTER TABLE users ALTER avatar TYPE varchar(8) USING left(avatar, 8)',
    'ALTER TABLE users ALTER avatar TYPE varchar(2048)',
  ),
  'events that cannot be written': sql(
    'ALTER TABLE user_events ADD CONSTRAINT ck_prove CHECK (false) NOT VALID',
    'ALTER TABLE user_events DROP CONSTRAINT ck_prove',
  ),
  'no database': async (database) => {
    await database.allowConnections(false);
    await database.disconnectOthers();
    return () => database.allowConnections(true);
  },
};
