import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { poolOf } from '../../src/database/prepared-query.js';
import { TestApp } from '../support/test-app.js';
import { insertUser, unique } from '../support/users.js';

// passport keeps its strategies for the whole process: services of other issuers have a file of their own,
// one at a time.

@Controller('undeclared')
class UndeclaredController {
  @Get()
  get() {
    return 'secret';
  }
}

@Module({ controllers: [UndeclaredController] })
class UndeclaredModule {}

describe('a route that does not say who may call it', () => {
  it('is closed to everybody', async () => {
    const other = await TestApp.start({}, [UndeclaredModule]);
    const { issuer } = other;
    for (const token of [undefined, await issuer.managementToken(), await issuer.userToken('x')]) {
      const answer = await other.call({ method: 'GET', url: '/undeclared', token });
      expect(answer.status).toBe(401);
      expect(answer.text).not.toContain('secret');
    }
    await other.stop();
  });
});

describe('the limits of the configuration', () => {
  it('are honoured: BODY_LIMIT_BYTES to the byte, CUSTOM_DATA_MAX_BYTES', async () => {
    const small = await TestApp.start({ BODY_LIMIT_BYTES: '1024', CUSTOM_DATA_MAX_BYTES: '100' });
    const post = async (body: unknown) =>
      (
        await small.call({
          method: 'POST',
          url: '/api/users',
          token: await small.issuer.managementToken(),
          body,
        })
      ).status;
    const padded = (bytes: number) => '{}'.padEnd(bytes);
    expect(await post(padded(1024))).toBe(201);
    expect(await post(padded(1025))).toBe(413);
    expect(await post({ customData: { a: 'x'.repeat(92) } })).toBe(201);
    expect(await post({ customData: { a: 'x'.repeat(93) } })).toBe(422);
    await small.stop();
  });

  it('are those of each service, where there are two in one process', async () => {
    const small = await TestApp.start({ CUSTOM_DATA_MAX_BYTES: '100' });
    const large = await TestApp.start({ HOOKS_ALLOW_PRIVATE_TARGETS: 'on' }, [], small);
    const post = async (app: TestApp, url: string, body: object) =>
      (await app.call({ method: 'POST', url, token: await app.issuer.managementToken(), body }))
        .status;
    const user = { customData: { a: 'x'.repeat(93) } };
    const hook = { url: 'http://127.0.0.1/' };
    expect(await post(small, '/api/users', user)).toBe(422);
    expect(await post(large, '/api/users', user)).toBe(201);
    expect(await post(small, '/api/hooks', hook)).toBe(400);
    expect(await post(large, '/api/hooks', hook)).toBe(201);
    await large.stop();
    await small.stop();
  });
});

describe('a pool that is exhausted', () => {
  it('is 503 after a while, and over when a connection is free', async () => {
    const one = await TestApp.start({ DATABASE_POOL_SIZE: '1' });
    const user = await insertUser(one);
    const bearer = await one.issuer.managementToken();
    const call = (id: string) =>
      one.call({
        method: 'PATCH',
        url: `/api/users/${id}`,
        token: bearer,
        body: { name: unique() },
      });
    const connection = await poolOf(one.app.get(DataSource)).connect();
    expect((await call(user)).status).toBe(503);
    connection.release();
    expect((await call(user)).status).toBe(200);
    await one.stop();
  });
});
