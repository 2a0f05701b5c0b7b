import { rememberEtag } from './etags.js';
import { problemError } from './problem.js';

interface Answer<Body> {
  data?: Body;
  error?: unknown;
  response: Response;
}

/**
 * What was answered, with its `ETag` remembered: `await orThrow(client.api.GET('/api/hooks'))`.
 *
 * @throws ProblemError for anything but 2xx
 */
export async function orThrow<Body>(asked: Answer<Body> | Promise<Answer<Body>>): Promise<Body> {
  const { data, error, response } = await asked;
  if (!response.ok) throw problemError(response, error);
  rememberEtag(data, response);
  return data as Body;
}
