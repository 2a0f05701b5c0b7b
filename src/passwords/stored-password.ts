/** The names by which an import says how its digests were made. */
export const PASSWORD_ALGORITHMS = [
  ...(['Argon2i', 'Argon2id', 'Argon2d'] as const),
  ...(['Bcrypt', 'SHA1', 'SHA256', 'MD5'] as const),
];

export type PasswordAlgorithm = (typeof PASSWORD_ALGORITHMS)[number];

export interface StoredPassword {
  algorithm: PasswordAlgorithm;
  /** PHC string (Argon2), crypt string (Bcrypt) or lower-case hexadecimal. Never leaves the service. */
  digest: string;
}

const argon2 = (name: string) =>
  new RegExp(
    `^\\$${name}\\$v=(16|19)\\$m=(?<m>\\d{1,6}),t=(?<t>\\d{1,2}),p=(?<p>\\d{1,2})` +
      `\\$[A-Za-z0-9+/]{11,86}\\$[A-Za-z0-9+/]{16,86}$`,
  );

const FORMATS: Record<PasswordAlgorithm, RegExp> = {
  Argon2i: argon2('argon2i'),
  Argon2id: argon2('argon2id'),
  Argon2d: argon2('argon2d'),
  Bcrypt: /^\$2[aby]\$(?<cost>\d\d)\$[./A-Za-z0-9]{53}$/,
  SHA1: /^[0-9a-f]{40}$/i,
  SHA256: /^[0-9a-f]{64}$/i,
  MD5: /^[0-9a-f]{32}$/i,
};

/** What a single verification may cost: KiB, passes, lanes; the exponent of bcrypt's rounds. */
const MAX_COST: Record<string, number> = { m: 262_144, t: 16, p: 16, cost: 15 };
const MIN_COST: Record<string, number> = { m: 8, t: 1, p: 1, cost: 4 };

/** Whether a digest is one of this algorithm that can be verified, at a cost that can be borne. */
export function isDigest(algorithm: PasswordAlgorithm, digest: string): boolean {
  const match = FORMATS[algorithm].exec(digest);
  return (
    match !== null &&
    Object.entries(match.groups ?? {}).every(
      ([name, value]) =>
        Number(value) <= (MAX_COST[name] ?? 0) && Number(value) >= (MIN_COST[name] ?? 0),
    )
  );
}

export function toStoredPassword(algorithm: PasswordAlgorithm, digest: string): StoredPassword {
  return { algorithm, digest: FORMATS[algorithm].flags ? digest.toLowerCase() : digest };
}
