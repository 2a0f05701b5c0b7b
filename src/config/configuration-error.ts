/** A setting is missing or wrong. The message names it and the reason, never its value. */
export class ConfigurationError extends Error {
  override name = 'ConfigurationError';
}
