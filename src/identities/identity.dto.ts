import { USER_FIELDS } from '../users/user.dto.js';
import { IdentityIdField, IssuerField, JsonObjectField } from '../validation/fields.js';
import { ReadOnlyFields } from '../validation/read-only.js';

@ReadOnlyFields(USER_FIELDS)
export class PutIdentityDto {
  @IdentityIdField("The user's id at the social identity provider.")
  userId!: string;

  @JsonObjectField('What the provider tells of the user.')
  details?: Record<string, unknown>;
}

@ReadOnlyFields(USER_FIELDS)
export class PutSsoIdentityDto {
  @IssuerField()
  issuer!: string;

  @IdentityIdField("The user's id at the issuer.")
  identityId!: string;

  @JsonObjectField('What the issuer tells of the user.')
  detail?: Record<string, unknown>;
}
