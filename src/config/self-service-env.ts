import { IsArray, IsDefined, IsIn } from 'class-validator';
import { Default, List, SelfServiceFields } from './env-rules.js';
import { AuthEnv } from './auth-env.js';
import type { SelfServiceLevel } from './self-service-fields.js';

/** The settings of self-service: what users may do themselves. */
export class SelfServiceEnv extends AuthEnv {
  /** Levels of the fields that self-service shows or changes. */
  @SelfServiceFields()
  @IsDefined({ message: 'must list fields as name:edit, avatar:read-only or customData:off' })
  SELF_SERVICE_FIELDS!: Map<string, SelfServiceLevel>;

  /** `client_id` or `azp` of the clients that may use self-service; any by default. */
  @List()
  @IsArray()
  SELF_SERVICE_CLIENTS!: string[];

  /** Whether the first self-service call of an unknown `sub` makes the user. */
  @Default('off')
  @IsIn(['on', 'off'])
  SELF_SERVICE_PROVISIONING!: 'on' | 'off';

  /** Addresses that provisioning takes for verified when the token has no such claim at all. */
  @List()
  @IsIn(['email', 'phone_number'], { each: true })
  SELF_SERVICE_ASSUME_VERIFIED!: string[];

  /** User names that users cannot take themselves, in any case. */
  @List()
  @IsArray()
  RESERVED_USERNAMES!: string[];
}
