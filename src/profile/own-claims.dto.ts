import type { UserPatch } from '../users/record/user-row.js';
import { BareBody } from '../validation/bare-body.js';
import { ProfileField } from '../validation/fields.js';

/** The claims that users change of themselves: the body is the bare object. */
@BareBody('profile', 'always')
export class UpdateOwnClaimsDto implements UserPatch {
  @ProfileField('Its first level is merged into the stored object.')
  profile!: Record<string, unknown>;
}
