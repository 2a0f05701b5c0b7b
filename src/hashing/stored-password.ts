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
    `^\\$${name}\\$v=(16|19)\\$m=(?<m>[1-9]\\d{0,5}),t=(?<t>[1-9]\\d?),p=(?<p>[1-9]\\d?)` +
      `\\$(?<salt>[A-Za-z0-9+/]{11,86})\\$(?<hash>[A-Za-z0-9+/]{16,86})$`,
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
  if (!match) return false;
  const { salt, hash, ...costs } = match.groups ?? {};
  const { m, p } = costs;
  return (
    [salt, hash].every((part) => part === undefined || isBase64(part)) &&
    // Argon2 needs eight blocks of a KiB in each lane.
    (m === undefined || Number(m) >= 8 * Number(p)) &&
    Object.entries(costs).every(
      ([name, value]) =>
        Number(value) <= (MAX_COST[name] ?? 0) && Number(value) >= (MIN_COST[name] ?? 0),
    )
  );
}

/** Whether it is what encoding its bytes gives, without padding. */
const isBase64 = (text: string) =>
  Buffer.from(text, 'base64').toString('base64').replace(/=+$/, '') === text;

export function toStoredPassword(algorithm: PasswordAlgorithm, digest: string): StoredPassword {
  return { algorithm, digest: FORMATS[algorithm].flags ? digest.toLowerCase() : digest };
}
