import { QueryParameters } from '../http/query-parameters.js';
import { DELIVERY_STATES } from '../deliveries/delivery-row.js';
import type { DeliveryQuery } from '../deliveries/delivery.statements.js';
import { deliveryNotFound } from './record/hook.errors.js';

export const MAX_DELIVERIES = 1_000;
export const DEFAULT_DELIVERIES = 100;

/** `GET /api/hooks/{hookId}/deliveries`, understood. @throws AppError guard.invalid_input */
export function parseDeliveryQuery(parameters: Record<string, unknown>): DeliveryQuery {
  const query = new QueryParameters(parameters, (name) =>
    ['state', 'limit', 'cursor'].includes(name),
  );
  const understood = {
    state: query.choice('state', DELIVERY_STATES),
    limit: query.whole('limit', DEFAULT_DELIVERIES, 1, MAX_DELIVERIES),
    before:
      query.text('cursor') === undefined
        ? undefined
        : query.whole('cursor', 1, 1, Number.MAX_SAFE_INTEGER),
  };
  query.check();
  return understood;
}

/** The sequence that a delivery has as its id. @throws AppError entity.not_found */
export function sequenceOf(deliveryId: string): number {
  if (!/^[1-9]\d{0,14}$/.test(deliveryId)) throw deliveryNotFound();
  return Number(deliveryId);
}
