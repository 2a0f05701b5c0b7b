import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as argon2 from '@node-rs/argon2';
import bcrypt from 'bcrypt';
import { TestApp } from '../support/test-app.js';
import { insertUser, unique } from '../support/users.js';

let app: TestApp;
let token: string;
beforeAll(async () => {
  app = await TestApp.start();
  token = await app.issuer.managementToken();
});
afterAll(() => app.stop());

const SECRET = 'correct horse 🔋 staple';
const call = (method: string, url: string, body?: unknown, headers?: Record<string, string>) =>
  app.call({ method, url: `/api/users${url}`, token, body, headers });
const verify = (id: string, password: unknown) =>
  call('POST', `/${id}/password/verify`, { password });

async function stored(id: string) {
  const { rows } = await app.database.client.query<{ digest: string; algorithm: string }>(
    'SELECT password_digest AS digest, password_algorithm AS algorithm FROM users WHERE id = $1',
    [id],
  );
  return rows[0];
}

describe('PATCH /api/users/{userId}/password', () => {
  it('stores an argon2id digest and answers the user, never the digest', async () => {
    const id = await insertUser(app);
    const answer = await call('PATCH', `/${id}/password`, { password: SECRET });
    expect(answer.json).toMatchObject({ id, hasPassword: true });
    expect(answer.headers['etag']).toBe('"2"');
    expect((await stored(id))?.digest).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(answer.text).not.toContain('argon2');
    expect((await verify(id, SECRET)).status).toBe(204);
    expect((await call('GET', `/${id}`)).text).not.toContain('argon2');
  });

  it('takes the place of the old one', async () => {
    const id = await insertUser(app);
    await call('PATCH', `/${id}/password`, { password: 'old' });
    await call('PATCH', `/${id}/password`, { password: 'new' });
    expect((await verify(id, 'old')).status).toBe(422);
    expect((await verify(id, 'new')).status).toBe(204);
  });

  it.each([
    [{}, 'invalid_type'],
    [{ password: null }, 'invalid_type'],
    [{ password: '' }, 'invalid_format'],
    [{ password: 5 }, 'invalid_type'],
    [{ password: 'x'.repeat(257) }, 'too_long'],
    [{ password: 'a\u0000' }, 'invalid_character'],
  ])('refuses %j and changes nothing', async (body, code) => {
    const id = await insertUser(app);
    const before = await app.row(id);
    const answer = await call('PATCH', `/${id}/password`, body);
    expect(answer.json).toMatchObject({ status: 400, errors: [{ pointer: '/password', code }] });
    expect(await app.row(id)).toBe(before);
  });

  it('keeps to If-Match, and answers 404 for nobody', async () => {
    const id = await insertUser(app);
    const headers = { 'if-match': '"9"' };
    expect((await call('PATCH', `/${id}/password`, { password: 'x' }, headers)).status).toBe(412);
    expect((await call('PATCH', '/nobody/password', { password: 'x' })).status).toBe(404);
  });
});

describe('POST /api/users/{userId}/password/verify', () => {
  it('answers a wrong password and none alike, also in time', async () => {
    const [without, having] = [await insertUser(app), await insertUser(app)];
    await call('PATCH', `/${having}/password`, { password: SECRET });
    const shape = ({ json: { instance: _, ...problem } }: { json: Record<string, unknown> }) =>
      problem;
    const [wrong, none] = [await verify(having, 'wrong'), await verify(without, 'wrong')];
    expect(wrong.status).toBe(422);
    expect(shape(none)).toEqual(shape(wrong));
    expect(wrong.json.code).toBe('session.invalid_credentials');
    // Not a race: without the decoy, «none» would take a hundredth of the other.
    const time = async (id: string) => {
      const start = performance.now();
      for (let round = 0; round < 5; round += 1) await verify(id, 'wrong');
      return performance.now() - start;
    };
    expect(await time(without)).toBeGreaterThan((await time(having)) / 5);
  });

  it('answers 404 for nobody, 400 for no password', async () => {
    expect((await verify('nobody', 'x')).status).toBe(404);
    expect((await verify(await insertUser(app), undefined)).status).toBe(400);
  });

  it('holds when many are verified at once', async () => {
    const id = await insertUser(app);
    await call('PATCH', `/${id}/password`, { password: SECRET });
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) => verify(id, index % 2 ? SECRET : 'wrong')),
    );
    expect(answers.map(({ status }) => status)).toEqual(
      Array.from({ length: 40 }, (_, index) => (index % 2 ? 204 : 422)),
    );
  });
});

describe('GET /api/users/{userId}/has-password', () => {
  it('tells whether there is one', async () => {
    const id = await insertUser(app);
    expect((await call('GET', `/${id}/has-password`)).json).toEqual({ hasPassword: false });
    await call('PATCH', `/${id}/password`, { password: SECRET });
    expect((await call('GET', `/${id}/has-password`)).json).toEqual({ hasPassword: true });
  });
});

describe('POST /api/users', () => {
  it('takes a password', async () => {
    const { json } = await call('POST', '', { password: SECRET });
    expect(json.hasPassword).toBe(true);
    expect((await verify(json.id, SECRET)).status).toBe(204);
  });

  const hex = (name: string) => createHash(name).update(SECRET).digest('hex');
  /** 0 is Argon2d, 1 Argon2i, 2 Argon2id. */
  const argon = (algorithm: number) =>
    argon2.hash(SECRET, { algorithm, memoryCost: 1024, timeCost: 1, parallelism: 1 });
  const imports: [string, () => string | Promise<string>][] = [
    ['Argon2d', () => argon(0)],
    ['Argon2i', () => argon(1)],
    ['Argon2id', () => argon(2)],
    ['Bcrypt', () => bcrypt.hash(SECRET, 4)],
    ['Bcrypt', async () => (await bcrypt.hash(SECRET, 4)).replace('$2b', '$2y')],
    ['SHA1', () => hex('sha1')],
    ['SHA256', () => hex('sha256').toUpperCase()],
    ['MD5', () => hex('md5')],
  ];

  it.each(imports)(
    'imports %s, and makes it argon2id at the first right password',
    async (passwordAlgorithm, make) => {
      const passwordDigest = await make();
      const created = await call('POST', '', { passwordAlgorithm, passwordDigest });
      expect(created.status).toBe(201);
      const { id } = created.json;
      expect((await verify(id, 'wrong')).status).toBe(422);
      expect((await stored(id))?.algorithm).toBe(passwordAlgorithm);
      expect((await verify(id, SECRET)).status).toBe(204);
      expect(await stored(id)).toMatchObject({
        algorithm: 'Argon2id',
        digest: expect.stringMatching(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/),
      });
      expect((await verify(id, SECRET)).status).toBe(204);
      expect((await verify(id, 'wrong')).status).toBe(422);
      expect((await call('GET', `/${id}`)).headers['etag']).toBe('"1"');
    },
  );

  const md5 = 'd41d8cd98f00b204e9800998ecf8427e';
  it.each([
    [{ passwordDigest: md5 }, ['/passwordDigest']],
    [{ passwordAlgorithm: 'MD5' }, ['/passwordAlgorithm']],
    [{ passwordDigest: md5, passwordAlgorithm: 'MD4' }, ['/passwordAlgorithm']],
    [{ passwordDigest: md5, passwordAlgorithm: 'md5' }, ['/passwordAlgorithm']],
    [{ passwordDigest: md5, passwordAlgorithm: 'SHA1' }, ['/passwordDigest']],
    [{ passwordDigest: md5, passwordAlgorithm: 'MD5', password: 'x' }, ['/passwordDigest']],
    [{ passwordDigest: 5, passwordAlgorithm: 'MD5' }, ['/passwordDigest']],
    [{ passwordDigest: '$2b$04$short', passwordAlgorithm: 'Bcrypt' }, ['/passwordDigest']],
    [
      { passwordDigest: `$2b$31$${'a'.repeat(53)}`, passwordAlgorithm: 'Bcrypt' },
      ['/passwordDigest'],
    ],
    [
      {
        passwordDigest: `$argon2id$v=19$m=999999,t=2,p=1$${'a'.repeat(22)}$${'b'.repeat(43)}`,
        passwordAlgorithm: 'Argon2id',
      },
      ['/passwordDigest'],
    ],
  ])('refuses the import %j', async (body, pointers) => {
    const id = unique();
    const answer = await call('POST', '', { ...body, id });
    expect(answer.status).toBe(400);
    expect(answer.json.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(pointers);
    expect(answer.text).not.toContain(md5);
    expect((await call('GET', `/${id}`)).status).toBe(404);
  });
});

describe('a Bcrypt digest', () => {
  it('is kept when the password is longer than Bcrypt reads: the right one stays right', async () => {
    const right = `${'a'.repeat(72)}GOOD`;
    const passwordDigest = await bcrypt.hash(right, 4);
    const { json } = await call('POST', '', { passwordAlgorithm: 'Bcrypt', passwordDigest });
    expect((await verify(json.id, `${'a'.repeat(72)}EVIL`)).status).toBe(204);
    expect((await verify(json.id, right)).status).toBe(204);
    expect((await stored(json.id))?.algorithm).toBe('Bcrypt');
  });
});

describe('an Argon2 digest that no library can verify', () => {
  const salt = 'bm90IGEgcmVhbCBzYWx0';
  it.each([
    `$argon2id$v=19$m=8,t=1,p=16$${salt}$${'A'.repeat(43)}`,
    `$argon2id$v=19$m=00008,t=01,p=01$${salt}$${'A'.repeat(43)}`,
    `$argon2id$v=19$m=64,t=1,p=1$${salt.slice(0, 17)}$${'A'.repeat(43)}`,
    `$argon2id$v=19$m=64,t=1,p=1$${salt}$${'A'.repeat(45)}`,
    `$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAB$${'/'.repeat(43)}`,
  ])('is refused: %s', async (passwordDigest) => {
    const body = { passwordAlgorithm: 'Argon2id', passwordDigest };
    expect((await call('POST', '', body)).json.errors).toMatchObject([
      { pointer: '/passwordDigest' },
    ]);
  });
});

describe('the log', () => {
  it('has neither a password nor a digest', async () => {
    expect(app.log.join('')).not.toMatch(/correct horse|argon2|\$2b\$|d41d8cd98f/);
  });
});
