import { ReadOnlyFields } from '../validation/read-only.js';
import {
  EnabledField,
  ExcludeClientIdsField,
  HeadersField,
  TargetUrlField,
  TypesField,
} from './hook-fields.js';
import { READ_ONLY_FIELDS } from './hook.dto.js';

@ReadOnlyFields(READ_ONLY_FIELDS)
export class CreateHookDto {
  @TargetUrlField({ required: true })
  url!: string;

  @TypesField()
  types?: string[];

  @HeadersField()
  headers?: Record<string, string>;

  @EnabledField()
  enabled?: boolean;

  @ExcludeClientIdsField()
  excludeClientIds?: string[];
}
