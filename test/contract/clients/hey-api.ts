import type {
  DryRun,
  ListUsersData,
  OnUserChangedWebhookPayload,
  UpdateUserData,
  UpdateUserErrors,
  UpdateUserResponse,
} from './generated/hey-api/types.gen.js';

type Event = OnUserChangedWebhookPayload;

/** A plain PATCH is answered a user, without narrowing. */
export const nameOf = (user: UpdateUserResponse): string | null => user.name;

export const body: UpdateUserData['body'] = {
  name: null,
  // @ts-expect-error no field of a user
  nmae: 'Ada',
};

export const isDeletion = ({ type }: Event): boolean => type === 'User.Deleted';
// @ts-expect-error no type of an event
export const isOther = ({ type }: Event): boolean => type === 'User.Renamed';

type Missing = UpdateUserErrors[404];

export const isGone = ({ code }: Missing): boolean => code === 'entity.not_found';
// @ts-expect-error no code of this status
export const isLimited = ({ code }: Missing): boolean => code === 'request.rate_limited';

export const changes = (tried: DryRun): number => tried.changes.length;

export const filter: ListUsersData['query'] = { customData: { 'customData.plan': 'pro' } };
