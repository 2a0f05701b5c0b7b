import { ApiParam, ApiQuery } from '@nestjs/swagger';
import { USER_ID } from '../validation/rules.js';

/** A query parameter that may be left out. */
export const query = (name: string, schema: object, description: string) =>
  ApiQuery({ name, required: false, schema, description });

/** With the user of development as its example, unless nobody should be named who did not ask for it. */
export const UserIdParameter = ({ isNamed = true } = {}) =>
  ApiParam({
    name: 'userId',
    description: 'The unique identifier of the user, compared exactly.',
    schema: { type: 'string', pattern: USER_ID.source, ...(isNamed && { example: 'demo' }) },
  });
