import { BareBody } from '../validation/bare-body.js';
import {
  ApplicationIdField,
  CustomDataField,
  IsSuspendedField,
  LastSignInAtField,
  ProfileField,
} from '../validation/fields.js';
import { ReadOnlyFields } from '../validation/read-only.js';
import { USER_FIELDS } from './user.dto.js';
import type { UserPatch } from './record/user-row.js';

@ReadOnlyFields(USER_FIELDS)
@BareBody('customData', 'merge patch')
export class UpdateCustomDataDto implements UserPatch {
  @CustomDataField('Its first level is merged into the stored object.')
  customData?: Record<string, unknown> | null;
}

@ReadOnlyFields(USER_FIELDS)
@BareBody('profile', 'merge patch')
export class UpdateUserProfileDto implements UserPatch {
  @ProfileField('Its first level is merged into the stored object.')
  profile?: Record<string, unknown> | null;
}

@ReadOnlyFields(USER_FIELDS)
export class UpdateIsSuspendedDto implements UserPatch {
  @IsSuspendedField()
  isSuspended?: boolean;
}

@ReadOnlyFields(USER_FIELDS)
export class UpdateSignInDto implements UserPatch {
  @LastSignInAtField()
  lastSignInAt?: number | null;

  @ApplicationIdField()
  applicationId?: string | null;
}
