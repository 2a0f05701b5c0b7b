import type {
  DryRun,
  ListUsersData,
  OnUserChangedWebhookPayload,
  UpdateUserData,
  UpdateUserErrors,
  UpdateUserResponse,
} from './generated/hey-api/types.gen.js';

/** A plain PATCH is answered a user, without narrowing. */
export const nameOf = (user: UpdateUserResponse): string | null => user.name;

export const body: UpdateUserData['body'] = {
  name: null,
  // @ts-expect-error no field of a user
  nmae: 'Ada',
};

export const isDeletion = ({ type }: OnUserChangedWebhookPayload): boolean =>
  type === 'User.Deleted';
// @ts-expect-error no type of an event
export const isOther = ({ type }: OnUserChangedWebhookPayload): boolean => type === 'User.Renamed';

export const isGone = ({ code }: UpdateUserErrors[404]): boolean => code === 'entity.not_found';
// @ts-expect-error no code of this status
export const isLimited = ({ code }: UpdateUserErrors[404]): boolean =>
  code === 'request.rate_limited';

export const changes = (tried: DryRun): number => tried.changes.length;

export const filter: ListUsersData['query'] = { customData: { 'customData.plan': 'pro' } };
