import { ReadOnlyFields } from '../validation/read-only.js';
import {
  EnabledField,
  ExcludeClientIdsField,
  HeadersField,
  TargetUrlField,
  TypesField,
} from './hook-fields.js';
import { READ_ONLY_FIELDS } from './hook.dto.js';
import type { HookPatch } from './record/hook-row.js';

@ReadOnlyFields(READ_ONLY_FIELDS)
export class UpdateHookDto implements HookPatch {
  @TargetUrlField()
  url?: string;

  @TypesField()
  types?: string[];

  @HeadersField()
  headers?: Record<string, string | null> | null;

  @EnabledField()
  enabled?: boolean;

  @ExcludeClientIdsField()
  excludeClientIds?: string[];
}
