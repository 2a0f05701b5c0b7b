import { QueryFailedError } from 'typeorm';

/**
 * The connection was lost, or silent for too long, when a statement or the end of a transaction was on
 * its way: it may have been done, or may be done later.
 */
export class OutcomeUnknown extends QueryFailedError {}
