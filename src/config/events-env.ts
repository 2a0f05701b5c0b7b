import { IsIn, IsInt, Max, Min } from 'class-validator';
import { Default, Integer, IsSecretsKey, List } from './env-rules.js';
import { SelfServiceEnv } from './self-service-env.js';

/** The settings of events and of the webhooks that tell of them. */
export class EventsEnv extends SelfServiceEnv {
  /** Whether events keep the old and the new values, or only where something changed. */
  @Default('on')
  @IsIn(['on', 'off'])
  EVENTS_INCLUDE_VALUES!: 'on' | 'off';

  /** Days that events are kept; 0 = for ever. */
  @Integer(0)
  @IsInt()
  @Max(36_500)
  EVENTS_RETENTION_DAYS!: number;

  /** Days that the log of deliveries keeps what was delivered, and dead letters. */
  @Integer(30)
  @IsInt()
  @Min(1)
  @Max(3_650)
  DELIVERIES_RETENTION_DAYS!: number;

  /** Seals what hooks keep (32 bytes in base64): the first one seals, each one opens. */
  @List()
  @IsSecretsKey({ each: true })
  SECRETS_KEY!: string[];

  /** Seconds that one delivery may take in all. */
  @Integer(10)
  @IsInt()
  @Min(1)
  @Max(60)
  HOOKS_TIMEOUT_SECONDS!: number;

  /** Attempts after which a delivery is a dead letter. */
  @Integer(12)
  @IsInt()
  @Min(1)
  @Max(100)
  HOOKS_MAX_ATTEMPTS!: number;

  /** Seconds before the second attempt; doubled before each further one. */
  @Integer(5)
  @IsInt()
  @Min(0)
  @Max(3600)
  HOOKS_RETRY_DELAY_SECONDS!: number;

  /** Whether hooks may lead to addresses that are not public; for development. */
  @Default('off')
  @IsIn(['on', 'off'])
  HOOKS_ALLOW_PRIVATE_TARGETS!: 'on' | 'off';
}
