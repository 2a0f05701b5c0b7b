import {
  AvatarField,
  CustomDataField,
  EmailField,
  NameField,
  PhoneField,
  ProfileField,
  UsernameField,
} from '../validation/fields.js';
import { ReadOnlyFields } from '../validation/read-only.js';
import { USER_FIELDS } from './user.dto.js';
import type { UserPatch } from './record/user-row.js';

/** What a management client may change of any user. */
@ReadOnlyFields(USER_FIELDS)
export class UpdateUserDto implements UserPatch {
  @UsernameField({ clearedBy: [null, ''] })
  username?: string | null;

  @EmailField({ clearedBy: [null, ''] })
  primaryEmail?: string | null;

  @PhoneField({ clearedBy: [null, ''] })
  primaryPhone?: string | null;

  @NameField({ clearedBy: [null, ''] })
  name?: string | null;

  @AvatarField({ clearedBy: [null, ''] })
  avatar?: string | null;

  @CustomDataField()
  customData?: Record<string, unknown> | null;

  @ProfileField()
  profile?: Record<string, unknown> | null;
}
