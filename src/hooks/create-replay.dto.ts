import { invalidInput } from '../errors/app-error.js';
import { ReadOnlyFields } from '../validation/read-only.js';
import { AfterField, DeadField } from './hook-fields.js';

/** What is to be delivered again; exactly one of the two. */
@ReadOnlyFields([])
export class CreateReplayDto {
  @AfterField()
  after?: number | string;

  @DeadField()
  state?: 'dead';
}

/** The sequence to begin behind, or all dead letters. @throws AppError guard.invalid_input */
export function whatToReplay({ after, state }: CreateReplayDto): number | 'dead' {
  const given = after ?? state;
  if (given !== undefined && (after === undefined || state === undefined))
    return state ?? Number(after);
  const detail = 'must have either after or state';
  throw invalidInput([{ pointer: '', code: 'invalid_format', detail }]);
}
