export type { components, operations, paths, webhooks } from './api.js';
export { type ClientOptions, NameplateClient } from './client.js';
export { etagOf, type Version } from './etags.js';
export type { Event, EventPage, EventType, FeedOptions } from './events.js';
export { orThrow } from './or-throw.js';
export type { Claims, OwnUser } from './own-profile.js';
export {
  EventsExpiredError,
  PreconditionFailedError,
  type Problem,
  type ProblemCode,
  ProblemError,
  type Violation,
} from './problem.js';
export type { TokenSource } from './tokens.js';
export type { Patience } from './transport.js';
export type { User, UserFilter, Users } from './users.js';
export type { CallOptions, WriteOptions } from './write-options.js';
