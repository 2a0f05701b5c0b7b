import type { components, paths, webhooks } from './generated/openapi-typescript.js';

type UpdateUser = paths['/api/users/{userId}']['patch'];
type Json<Status extends keyof UpdateUser['responses']> = UpdateUser['responses'][Status] extends {
  content: infer Content;
}
  ? Content
  : never;

/** A plain PATCH is answered a user, without narrowing. */
export const nameOf = (user: Json<200>['application/json']): string | null => user.name;

export const body: NonNullable<UpdateUser['requestBody']>['content']['application/json'] = {
  name: null,
  // @ts-expect-error no field of a user
  nmae: 'Ada',
};

type Event =
  webhooks['userChanged']['post']['requestBody']['content']['application/cloudevents+json'];

export const isDeletion = (event: Event): boolean => event.type === 'User.Deleted';
// @ts-expect-error no type of an event
export const isOther = (event: Event): boolean => event.type === 'User.Renamed';

type Problem = Json<404>['application/problem+json'];
export const isGone = ({ code }: Problem): boolean => code === 'entity.not_found';
// @ts-expect-error no code of this status
export const isLimited = ({ code }: Problem): boolean => code === 'request.rate_limited';

export const changes = (tried: components['schemas']['DryRun']): number => tried.changes.length;

type ListUsers = NonNullable<paths['/api/users']['get']['parameters']['query']>;
export const filter: ListUsers = { customData: { 'customData.plan': 'pro' } };
