import { USER_FIELDS } from '../users/user.dto.js';
import type { UserPatch } from '../users/record/user-row.js';
import { AvatarField, NameField, UsernameField } from '../validation/fields.js';
import { ReadOnlyFields } from '../validation/read-only.js';

/** What users may change of themselves. */
@ReadOnlyFields(USER_FIELDS)
export class UpdateProfileDto implements UserPatch {
  @NameField({ clearedBy: [null, ''] })
  name?: string | null;

  @AvatarField({ clearedBy: [null] })
  avatar?: string | null;

  @UsernameField()
  username?: string;
}
