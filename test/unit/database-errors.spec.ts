import { describe, expect, it } from '@jest/globals';
import { QueryFailedError } from 'typeorm';
import { databaseUnavailable } from '../../src/database/database-unavailable.js';
import { retryOnContention } from '../../src/database/retry-on-contention.js';

const failed = (code: string) =>
  new QueryFailedError('SELECT', [], Object.assign(new Error('x'), { code }));

describe('databaseUnavailable', () => {
  it.each(['08006', '53300', '57P01', '57P03', '57014', '55P03', '25006', '40001', '40P01'])(
    'knows SQLSTATE %s',
    (code) => expect(databaseUnavailable(failed(code))).toBe(true),
  );

  it.each(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'ETIMEDOUT', 'EAI_AGAIN'])(
    'knows the system error %s, also as one of several',
    (code) => {
      const error = Object.assign(new Error('x'), { code });
      expect(databaseUnavailable(error)).toBe(true);
      expect(databaseUnavailable(new AggregateError([new Error('y'), error]))).toBe(true);
    },
  );

  it.each([
    'timeout exceeded when trying to connect',
    'Connection terminated unexpectedly',
    'Query read timeout',
  ])('knows the message «%s»', (message) =>
    expect(databaseUnavailable(new Error(message))).toBe(true),
  );

  it.each([failed('42703'), failed('23505'), failed('22P02'), new Error('x'), 'x', undefined])(
    'takes nothing else for it: %s',
    (error) => expect(databaseUnavailable(error)).toBe(false),
  );
});

describe('retryOnContention', () => {
  const failing = (times: number, code: string) => {
    let calls = 0;
    const run = () => {
      calls += 1;
      return calls > times ? Promise.resolve('done') : Promise.reject(failed(code));
    };
    return { run, calls: () => calls };
  };

  it.each(['40001', '40P01'])('runs a statement again that lost with %s', async (code) => {
    const statement = failing(2, code);
    expect(await retryOnContention(statement.run)).toBe('done');
    expect(statement.calls()).toBe(3);
  });

  it('gives up after four times', async () => {
    const statement = failing(9, '40P01');
    await expect(retryOnContention(statement.run)).rejects.toThrow();
    expect(statement.calls()).toBe(4);
  });

  it('does not run again what failed otherwise', async () => {
    const statement = failing(1, '23505');
    await expect(retryOnContention(statement.run)).rejects.toThrow();
    expect(statement.calls()).toBe(1);
  });
});
