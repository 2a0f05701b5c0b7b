export const DELIVERY_STATES = ['pending', 'delivered', 'dead'] as const;

export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** One event on its way to one hook, as the log has it. */
export interface DeliveryRow {
  sequence: string;
  eventId: string;
  type: string;
  userId: string;
  state: DeliveryState;
  attempts: number;
  /** Of the last attempt. */
  statusCode: number | null;
  error: string | null;
  createdAt: Date;
  updatedAt: Date;
}
