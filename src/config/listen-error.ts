/** The service has all that it needs, and cannot listen. */
export class ListenError extends Error {
  override name = 'ListenError';

  /** @param port the setting that says where */
  constructor(
    readonly port: 'PORT' | 'METRICS_PORT',
    options: ErrorOptions,
  ) {
    super('cannot listen', options);
  }
}
