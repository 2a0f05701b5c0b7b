interface ErrorKind {
  /** HTTP status of every problem with this code. */
  status: number;
  /** Short and the same for every occurrence (RFC 9457, section 3.1.3). */
  title: string;
}

/** The closed list of problem codes: nothing else is ever answered. */
export const ERROR_CODES = {
  'guard.invalid_input': { status: 400, title: 'The input is invalid' },
  'guard.invalid_json': { status: 400, title: 'The body is not valid JSON' },
  'request.invalid_header': { status: 400, title: 'A request header is malformed' },
  'request.malformed': { status: 400, title: 'The request is malformed' },
  'auth.authorization_header_missing': { status: 401, title: 'No Authorization header' },
  'auth.authorization_token_type_not_supported': { status: 401, title: 'Not a Bearer token' },
  'auth.unauthorized': { status: 401, title: 'The access token is not accepted' },
  'auth.forbidden': { status: 403, title: 'The access token lacks a scope' },
  'user.suspended': { status: 403, title: 'The user is suspended' },
  'tenant.suspended': { status: 403, title: 'The tenant is suspended' },
  'entity.not_found': { status: 404, title: 'No such entity' },
  'request.route_not_found': { status: 404, title: 'No such route' },
  'request.unknown_host': { status: 404, title: 'No such host' },
  'request.method_not_allowed': { status: 405, title: 'The method is not allowed here' },
  'request.timeout': { status: 408, title: 'The request took too long to arrive' },
  'request.idempotency_key_in_use': { status: 409, title: 'The first request is still running' },
  'event.expired': { status: 410, title: 'The events are no longer kept' },
  'request.precondition_failed': { status: 412, title: 'The entity has another version' },
  'request.body_too_large': { status: 413, title: 'The body is too large' },
  'request.unsupported_media_type': { status: 415, title: 'The media type is not supported' },
  'request.expectation_failed': { status: 417, title: 'The expectation is not met' },
  'user.username_already_in_use': { status: 422, title: 'The username is already in use' },
  'user.email_already_in_use': { status: 422, title: 'The e-mail address is already in use' },
  'user.phone_already_in_use': { status: 422, title: 'The phone number is already in use' },
  'user.id_already_in_use': { status: 422, title: 'The id is already in use' },
  'user.identity_already_in_use': { status: 422, title: 'The identity is already in use' },
  'user.invalid_phone': { status: 422, title: 'The phone number is not possible' },
  'user.custom_data_too_large': { status: 422, title: 'The custom data is too large' },
  'tenant.id_already_in_use': { status: 422, title: 'The id is already in use' },
  'tenant.host_already_in_use': { status: 422, title: 'The host is already in use' },
  'tenant.issuer_already_in_use': {
    status: 422,
    title: 'The issuer and an audience are already in use',
  },
  'tenant.in_use': { status: 422, title: 'The tenant is still in use' },
  'request.idempotency_key_mismatch': {
    status: 422,
    title: 'The key was used for another request',
  },
  'hook.too_many': { status: 422, title: 'There are as many hooks as there can be' },
  'session.invalid_credentials': { status: 422, title: 'The credentials are not correct' },
  'request.rate_limited': { status: 429, title: 'There were too many requests' },
  'request.header_fields_too_large': { status: 431, title: 'The request headers are too large' },
  'service.internal_error': { status: 500, title: 'Unexpected error' },
  'request.transfer_coding_not_supported': {
    status: 501,
    title: 'The transfer coding is not supported',
  },
  'hook.not_configured': { status: 501, title: 'Hooks are not configured' },
  'service.unavailable': { status: 503, title: 'Temporarily unavailable' },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Why one value was refused; the closed list for `errors[].code` of a problem. */
export const VIOLATION_CODES = [
  'invalid_type',
  'invalid_format',
  'invalid_character',
  'invalid_number',
  'too_long',
  'too_deep',
  'unknown_field',
  'read_only',
  'reserved',
  'unknown_parameter',
  'user.invalid_phone',
  'user.custom_data_too_large',
  'user.username_already_in_use',
  'user.email_already_in_use',
  'user.phone_already_in_use',
  'user.id_already_in_use',
  'user.identity_already_in_use',
  'tenant.id_already_in_use',
  'tenant.host_already_in_use',
  'tenant.issuer_already_in_use',
  'guard.invalid_json',
] as const;

export type ViolationCode = (typeof VIOLATION_CODES)[number];
