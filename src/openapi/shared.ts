import type { OpenAPIObject } from '@nestjs/swagger';
import { bodiesOf, type OpenApiResponse, type Operation, operationsOf } from './parts.js';
import { membersOf, share } from './places.js';
import { responseName } from './response-names.js';

/** Says once, in `components`, what occurs more than once. */
export function shareParts(document: OpenAPIObject): void {
  const operations = operationsOf(document);
  operations.forEach(leaveOutDefaults);
  share(
    document,
    'responses',
    operations.flatMap(({ responses }) =>
      membersOf(responses).map((place) => ({
        ...place,
        name: responseName(place.name, place.part as OpenApiResponse),
      })),
    ),
  );
  share(
    document,
    'parameters',
    operations.flatMap(({ parameters = [] }) =>
      parameters.map((part, index) => ({
        name: 'name' in part ? inPascalCase(part.name) : undefined,
        part,
        replace: (reference) => (parameters[index] = reference),
      })),
    ),
  );
  const shared = Object.values(document.components?.responses ?? {}) as OpenApiResponse[];
  const responses = operations
    .flatMap((operation) => Object.values(operation.responses))
    .concat(shared);
  share(document, 'examples', responses.flatMap(examplesOf));
  share(document, 'headers', responses.flatMap(headersOf));
}

const headersOf = ({ headers = {} }: OpenApiResponse) =>
  membersOf(headers).filter(({ part }) => !('$ref' in part));

/** Those of problems, which are called by their codes. */
const examplesOf = (response: OpenApiResponse) =>
  bodiesOf(response).flatMap(({ examples = {} }) => membersOf(examples));

/** `If-None-Match` → `IfNoneMatch`, `page_size` → `PageSize`. */
const inPascalCase = (name: string) =>
  name.replace(/(?:^|[-_.])(\w)/g, (_, letter: string) => letter.toUpperCase());

function leaveOutDefaults({ parameters = [], responses }: Operation): void {
  for (const parameter of parameters)
    if ('required' in parameter && !parameter.required) delete parameter.required;
  for (const response of Object.values(responses))
    if (Object.keys(response.headers ?? {}).length === 0) delete response.headers;
}
