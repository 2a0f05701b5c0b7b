import type { Client } from 'openapi-fetch';
import type { components, paths } from './api.js';
import { nextIn } from './addresses.js';
import { orThrow } from './or-throw.js';
import { ProblemError } from './problem.js';
import { type CallOptions, toInit, type WriteOptions } from './write-options.js';

type Schemas = components['schemas'];
export type User = Schemas['User'];
export type UserFilter = Omit<
  NonNullable<paths['/api/users']['get']['parameters']['query']>,
  'page' | 'cursor' | 'count'
>;

const USER = '/api/users/{userId}';
const of = (userId: string) => ({ userId });

/** `/api/users`, with a management token. */
export class Users {
  constructor(private readonly api: Client<paths>) {}

  /** All users, newest first, or those that a filter leaves; a page is asked for when it is needed. */
  async *list(filter: UserFilter = {}, options: CallOptions = {}): AsyncGenerator<User, void> {
    let cursor: string | undefined = '';
    while (cursor !== undefined) {
      const query = { page_size: 100, ...filter, cursor };
      const asked = await this.api.GET('/api/users', { params: { query }, ...options });
      yield* await orThrow(asked);
      cursor = nextIn(asked.response, 'cursor');
    }
  }

  /** @throws ProblemError `entity.not_found` */
  get(userId: string, options: CallOptions = {}): Promise<User> {
    return orThrow(this.api.GET(USER, { params: { path: of(userId) }, ...options }));
  }

  async find(userId: string, options: CallOptions = {}): Promise<User | undefined> {
    try {
      return await this.get(userId, options);
    } catch (error) {
      if (error instanceof ProblemError && error.code === 'entity.not_found') return undefined;
      throw error;
    }
  }

  create(user: Schemas['CreateUser'], options: WriteOptions = {}): Promise<User> {
    return orThrow(this.api.POST('/api/users', { ...toInit(options, undefined), body: user }));
  }

  /** Absent keeps, null clears; `customData` and `profile` are replaced as a whole. */
  update(userId: string, patch: Schemas['UpdateUser'], options: WriteOptions = {}): Promise<User> {
    return orThrow(this.api.PATCH(USER, { ...toInit(options, of(userId)), body: patch }));
  }

  /** A JSON merge patch (RFC 7396): objects are merged at every level, null removes a key. */
  merge(
    userId: string,
    patch: Schemas['UpdateUserMergePatch'],
    options: WriteOptions = {},
  ): Promise<User> {
    const headers = { 'Content-Type': 'application/merge-patch+json' };
    return orThrow(this.api.PATCH(USER, { ...toInit(options, of(userId)), body: patch, headers }));
  }

  /** @param options `erase` also erases every value of the user from events and kept answers */
  async delete(
    userId: string,
    { erase, ...options }: WriteOptions & { erase?: boolean } = {},
  ): Promise<void> {
    const { params, ...init } = toInit(options, of(userId));
    const query = erase === undefined ? {} : { erase };
    await orThrow(this.api.DELETE(USER, { ...init, params: { ...params, query } }));
  }
}
