import type { UserPatch } from '../users/user-row.js';
import { AvatarField, NameField, UsernameField } from '../validation/fields.js';

/** What users may change of themselves. */
export class UpdateProfileDto implements UserPatch {
  @NameField({ clearedBy: [null, ''] })
  name?: string | null;

  @AvatarField({ clearedBy: [null] })
  avatar?: string | null;

  @UsernameField()
  username?: string;
}
