import { ApiProperty } from '@nestjs/swagger';
import { CLIENTS_SCHEMA, HEADERS_SCHEMA, TYPES_SCHEMA } from './hook-fields.js';
import type { Hook, HookSettings } from './record/hook-row.js';

export const READ_ONLY_FIELDS = ['id', 'createdAt', 'updatedAt', 'lastSequence', 'secret'];

const time = (description: string) =>
  ApiProperty({ type: Number, description, example: 1_767_225_600_000 });

/** A hook as every answer has it; never with its secrets. */
export class HookDto implements HookSettings {
  @ApiProperty({ type: String, pattern: '^[0-9a-z]{12}$', example: 'h4k9w2m7x0qd' })
  id!: string;

  @ApiProperty({ type: String, example: 'https://crm.example.com/webhooks/nameplate' })
  url!: string;

  @ApiProperty({ ...TYPES_SCHEMA, description: '[] is all.' } as object)
  types!: string[];

  @ApiProperty({ ...HEADERS_SCHEMA, selfRequired: true } as object)
  headers!: Record<string, string>;

  @ApiProperty({ type: Boolean })
  enabled!: boolean;

  @ApiProperty(CLIENTS_SCHEMA as object)
  excludeClientIds!: string[];

  @time('Milliseconds since the epoch.')
  createdAt!: number;

  @time('Milliseconds since the epoch; moves when something is changed.')
  updatedAt!: number;

  @ApiProperty({
    type: Number,
    description: 'How far the feed is queued for it. Moves without a new `ETag`.',
    example: 42,
  })
  lastSequence!: number;
}

const SECRET = {
  type: String,
  description: 'Signs deliveries. Shown only now; keep it.',
  pattern: '^whsec_[A-Za-z0-9+/]{32}$',
  example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
} as const;

/** A new hook, with its secret. */
export class NewHookDto extends HookDto {
  @ApiProperty(SECRET)
  secret!: string;
}

export class SecretDto {
  @ApiProperty(SECRET)
  secret!: string;
}

export function toHookDto(hook: Hook): HookDto {
  return {
    id: hook.id,
    url: hook.url,
    types: hook.types,
    headers: hook.headers,
    enabled: hook.enabled,
    excludeClientIds: hook.excludeClientIds,
    createdAt: hook.createdAt.getTime(),
    updatedAt: hook.updatedAt.getTime(),
    lastSequence: Number(hook.lastSequence),
  };
}
