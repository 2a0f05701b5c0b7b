import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestApp } from '../support/test-app.js';
import { insertUser, unique } from '../support/users.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start({ LOG_LEVEL: 'trace' });
});
afterAll(() => app.stop());

describe('the log, at its most talkative', () => {
  it('names ids only: no token, name, e-mail, phone or body, whatever went wrong', async () => {
    const secrets = {
      name: unique('Secretname'),
      username: unique('Secretuser'),
      avatar: `https://example.com/${unique('secretavatar')}`,
      primaryEmail: `${unique('secretmail')}@example.com`,
      primaryPhone: '61455667788',
      customData: { key: unique('secretdata') },
      profile: { nickname: unique('secretnick') },
    };
    const [id, other] = [await insertUser(app), await insertUser(app)];
    const [own, management] = [await app.issuer.userToken(id), await app.issuer.managementToken()];
    const url = `/api/users/${id}`;
    const patch = (body: unknown, path = url, token = management) =>
      app.call({ method: 'PATCH', url: path, token, body });

    expect((await patch(secrets)).status).toBe(200);
    for (const field of ['username', 'primaryEmail', 'primaryPhone'] as const)
      expect((await patch({ [field]: secrets[field] }, `/api/users/${other}`)).status).toBe(422);
    expect((await patch({ name: secrets.name, nope: secrets.primaryEmail })).status).toBe(400);
    expect((await patch(`{"name":"${secrets.name}`)).status).toBe(400);
    expect((await patch({ name: secrets.name }, '/api/profile', own)).status).toBe(200);
    expect((await patch({}, `${url}?search=${secrets.primaryEmail}`)).status).toBe(400);
    expect((await patch({}, url, `${management}x`)).status).toBe(401);
    await app.database.client.query(
      'ALTER TABLE users ADD CONSTRAINT ck_test CHECK (name IS NULL) NOT VALID',
    );
    expect((await patch({ name: `${secrets.name}2` })).status).toBe(500);
    await app.database.client.query('ALTER TABLE users DROP CONSTRAINT ck_test');

    const log = app.log.join('');
    const values = Object.values(secrets).flatMap((value) =>
      typeof value === 'string' ? [value] : Object.values(value),
    );
    for (const secret of [...values, ...values.map((v) => v.toLowerCase()), own, management])
      expect(log).not.toContain(secret);
    expect(log).not.toMatch(/authorization|bearer|eyJ/i);
  });

  it('says why a token was refused', async () => {
    const token = await app.issuer.userToken('x', { aud: 'urn:other' });
    await app.call({ method: 'GET', url: '/api/profile', token });
    expect(app.log.at(-1)).toContain('"refusal":"the claim aud is not accepted"');
  });

  it('has no line at info of a probe or a file of Swagger UI that is answered', async () => {
    const urls = ['/health/ready', '/docs/swagger-ui.css', '/health/ready?x'];
    for (const [n, url] of urls.entries())
      await app.call({ method: 'GET', url, headers: { 'x-request-id': `quiet-${n}` } });
    const lines = app.log.map((line) => JSON.parse(line) as Record<string, unknown>);
    const levels = lines.filter(({ requestId }) => String(requestId).startsWith('quiet-'));
    expect(levels.map(({ status, level }) => [status, level])).toEqual([
      [200, 20],
      [200, 20],
      [400, 30],
    ]);
  });

  it('has one line per request with its id, route, status, subject and client', async () => {
    const id = await insertUser(app);
    const token = await app.issuer.userToken(id, { client_id: undefined, azp: 'web' });
    await app.call({
      method: 'GET',
      url: '/api/profile',
      token,
      headers: { 'x-request-id': 'find-me' },
    });
    const lines = app.log.filter((line) => line.includes('find-me'));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      requestId: 'find-me',
      method: 'GET',
      path: '/api/profile',
      route: '/api/profile',
      status: 200,
      ms: expect.any(Number),
      token: 'user',
      subject: id,
      clientId: 'web',
    });
  });
});
