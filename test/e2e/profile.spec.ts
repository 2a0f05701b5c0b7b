import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { USER_FIELDS } from '../../src/users/user.dto.js';
import { TestApp } from '../support/test-app.js';
import { insertUser } from '../support/users.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.stop());

const scoped = ['primaryEmail', 'primaryPhone', 'identities', 'ssoIdentities', 'customData'];
const base = USER_FIELDS.filter((field) => !scoped.includes(field));

describe.each(['GET', 'PATCH'])('%s /api/profile', (method) => {
  const call = async (id: string, scope: string) =>
    app.call({
      method,
      url: '/api/profile',
      token: await app.issuer.userToken(id, { scope }),
      ...(method === 'PATCH' && { body: { name: 'After' } }),
    });

  it.each([
    ['email', ['primaryEmail']],
    ['phone', ['primaryPhone']],
    ['identities', ['identities', 'ssoIdentities']],
    ['custom_data', ['customData']],
  ])('shows what the scope %s opens, and only that', async (scope, fields) => {
    const id = await insertUser(app);
    expect(Object.keys((await call(id, 'profile')).json)).toEqual(base);
    const { json } = await call(id, `profile ${scope}`);
    expect(Object.keys(json)).toEqual(
      USER_FIELDS.filter((field) => base.includes(field) || fields.includes(field)),
    );
  });

  it('shows profile.address with the scope address only', async () => {
    const id = await insertUser(app);
    expect((await call(id, 'profile')).json.profile).toEqual({ nickname: 'before' });
    expect((await call(id, 'profile address')).json.profile).toEqual({
      nickname: 'before',
      address: { locality: 'Before' },
    });
  });
});

describe('GET /api/profile', () => {
  it('answers 403 to a suspended user', async () => {
    const id = await insertUser(app, { is_suspended: true });
    const token = await app.issuer.userToken(id);
    const answer = await app.call({ method: 'GET', url: '/api/profile', token });
    expect(answer.status).toBe(403);
    expect(answer.json.code).toBe('user.suspended');
  });

  it.each(['nobody', 'no body', 'x'.repeat(500), '../x'])(
    'answers 404 for the subject %j',
    async (sub) => {
      const token = await app.issuer.userToken(sub);
      for (const call of [{ method: 'GET' }, { method: 'PATCH', body: { name: 'x' } }]) {
        const answer = await app.call({ ...call, url: '/api/profile', token });
        expect(answer.status).toBe(404);
        expect(answer.json.code).toBe('entity.not_found');
      }
    },
  );

  it('may be kept by the browser alone, and only for this token', async () => {
    const token = await app.issuer.userToken(await insertUser(app));
    const { headers } = await app.call({ method: 'GET', url: '/api/profile', token });
    expect(headers['cache-control']).toBe('private, no-cache');
    expect(headers['vary']).toContain('Authorization');
  });
});
