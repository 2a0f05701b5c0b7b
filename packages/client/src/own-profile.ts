import type { Client } from 'openapi-fetch';
import type { components, paths } from './api.js';
import { orThrow } from './or-throw.js';
import { type CallOptions, toInit, type WriteOptions } from './write-options.js';

type Schemas = components['schemas'];
/** Some fields need a scope of their own. */
export type OwnUser = Schemas['OwnUser'];
export type Claims = Schemas['Profile'];

/** `/api/profile`, with a user token: whose, its `sub` says. */
export class OwnProfile {
  constructor(private readonly api: Client<paths>) {}

  get(options: CallOptions = {}): Promise<OwnUser> {
    return orThrow(this.api.GET('/api/profile', { ...options }));
  }

  /** Absent keeps, null clears. */
  update(patch: Schemas['UpdateProfile'], options: WriteOptions = {}): Promise<OwnUser> {
    return orThrow(this.api.PATCH('/api/profile', { ...toInit(options, undefined), body: patch }));
  }

  /** The claims of OpenID Connect; their first level is merged. */
  updateClaims(claims: Claims, options: WriteOptions = {}): Promise<Claims> {
    const init = { ...toInit(options, undefined), body: claims };
    return orThrow(this.api.PATCH('/api/profile/profile', init));
  }
}
