import { AppError } from '../../errors/app-error.js';

/** Hooks that there can be. */
export const MAX_HOOKS = 100;

export const hookNotFound = () => new AppError('entity.not_found', 'There is no such hook.');

export const deliveryNotFound = () =>
  new AppError('entity.not_found', 'There is no such delivery of this hook.');

export const tooManyHooks = () =>
  new AppError('hook.too_many', `There are ${MAX_HOOKS} hooks, and there can be no more.`);
