/** The closed list of event types; the first four are named as in Logto's webhooks. */
export const EVENT_TYPES = [
  'User.Created',
  'User.Data.Updated',
  'User.SuspensionStatus.Updated',
  'User.Deleted',
  'User.Identities.Updated',
  'User.Password.Updated',
  'User.SignIn.Updated',
] as const;

/** One of them, in the API document. */
export const EVENT_TYPE_SCHEMA = { title: 'EventType', type: 'string', enum: EVENT_TYPES };

/** The feed goes on in a database that lacks events; in the feed and sent to hooks whatever types they want. */
export const FEED_RESET = 'Feed.Reset';

export type EventType = (typeof EVENT_TYPES)[number];

/** Columns whose change has a type of its own; each is set by a route of its own. */
const TYPE_OF: Record<string, EventType> = {
  is_suspended: 'User.SuspensionStatus.Updated',
  password_digest: 'User.Password.Updated',
  password_algorithm: 'User.Password.Updated',
  last_sign_in_at: 'User.SignIn.Updated',
  application_id: 'User.SignIn.Updated',
};

/** The type of an update that sets these columns. */
export function updateType(columns: object): EventType {
  const types = Object.keys(columns).map((column) => TYPE_OF[column] ?? 'User.Data.Updated');
  return types.includes('User.Data.Updated') ? 'User.Data.Updated' : (types[0] as EventType);
}
