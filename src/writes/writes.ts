import { applyDecorators, SetMetadata, UseInterceptors } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import { ApiProblems } from '../http/api-problems.js';
import { TakesFlag } from '../http/flags.js';
import { WRITES, type WriteOptions } from './write-options.js';
import { WriteInterceptor } from './write.interceptor.js';

/** A route that changes a user: it takes `Idempotency-Key` and `?dryRun=true`. */
export const WritesUser = (options: Omit<WriteOptions, 'writesUser'> = {}) =>
  applyDecorators(
    Writes({ writesUser: true, ...options }),
    TakesFlag(
      'dryRun',
      'Check everything, and write nothing. With `true`, what is answered is not what the plain request is answered, but ' +
        '200 with a `DryRun` (see the schemas): what the user would be, and the `changes`.',
    ),
  );

/** A route that takes `Idempotency-Key`: every one but those that only read. */
export const Writes = (options: WriteOptions = { writesUser: false }) =>
  applyDecorators(
    SetMetadata(WRITES, options),
    UseInterceptors(WriteInterceptor),
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description:
        'A random text of yours, such as a UUID. The same request with the same key, within 24 ' +
        'hours (IDEMPOTENCY_KEY_HOURS), is not done again: the first answer comes again, with ' +
        '`Idempotency-Replayed: true`.',
      schema: { type: 'string', minLength: 1, maxLength: 255 },
    }),
    ApiProblems(
      'request.invalid_header',
      'request.idempotency_key_in_use',
      'request.idempotency_key_mismatch',
    ),
  );
