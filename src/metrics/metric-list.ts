/** A metric, as docs/metrics.md lists it. No label has a value that callers or tenants choose. */
interface Metric {
  type: 'counter' | 'gauge' | 'histogram';
  help: string;
  labels: readonly string[];
}

const DATABASE = ['db_client_connection_pool_name'];

/** Every metric beside those of Node. Where OpenTelemetry has a name for it, it is that one. */
export const METRICS = {
  http_server_request_duration_seconds: {
    type: 'histogram',
    help: 'Time from the head of a request to the end of its answer.',
    labels: ['http_request_method', 'http_route', 'http_response_status_class'],
  },
  http_server_active_requests: {
    type: 'gauge',
    help: 'Requests whose answer is not all sent, streams and long polls among them.',
    labels: [],
  },
  nameplate_requests_shed_total: {
    type: 'counter',
    help: 'Requests answered 503, unread: the event loop was late, or too many waited.',
    labels: ['reason'],
  },
  nameplate_limits_met_total: {
    type: 'counter',
    help: 'Requests over a limit (429), by the limit that they met.',
    labels: ['limit'],
  },
  nameplate_requests_in_turn_total: {
    type: 'counter',
    help: 'Requests that waited for the turn of their caller, since the service was busy.',
    labels: [],
  },
  nameplate_token_cache_lookups_total: {
    type: 'counter',
    help: 'Tokens looked for among those verified a moment ago.',
    labels: ['result'],
  },
  db_client_connection_count: {
    type: 'gauge',
    help: 'Connections to PostgreSQL.',
    labels: [...DATABASE, 'db_client_connection_state'],
  },
  db_client_connection_max: {
    type: 'gauge',
    help: 'Connections to PostgreSQL at most.',
    labels: DATABASE,
  },
  db_client_connection_pending_requests: {
    type: 'gauge',
    help: 'What waits for a connection to PostgreSQL.',
    labels: DATABASE,
  },
  nameplate_statement_batches_total: {
    type: 'counter',
    help: 'Statements that requests may share.',
    labels: ['kind'],
  },
  nameplate_statement_batch_requests_total: {
    type: 'counter',
    help: 'Requests that shared them.',
    labels: ['kind'],
  },
  nameplate_feed_unnumbered_events: {
    type: 'gauge',
    help: 'Committed events without a place in the feed, of all tenants, at the last look.',
    labels: [],
  },
  nameplate_feed_lag_seconds: {
    type: 'gauge',
    help: 'Age of the oldest event without a place in the feed, at the last look.',
    labels: [],
  },
  nameplate_feed_look_timestamp_seconds: {
    type: 'gauge',
    help: 'When this instance last looked for events without a place.',
    labels: [],
  },
  nameplate_delivery_attempts_total: {
    type: 'counter',
    help: 'Attempts to deliver an event to a hook.',
    labels: ['result'],
  },
  nameplate_dead_letters_total: {
    type: 'counter',
    help: 'Deliveries that this instance gave up.',
    labels: [],
  },
  nameplate_deliveries: {
    type: 'gauge',
    help: 'Deliveries that wait (of enabled hooks) and dead letters, of all tenants, at the last look.',
    labels: ['state'],
  },
  nameplate_delivery_oldest_pending_seconds: {
    type: 'gauge',
    help: 'Age of the oldest delivery that waits, of an enabled hook, at the last look.',
    labels: [],
  },
  nameplate_deliveries_look_timestamp_seconds: {
    type: 'gauge',
    help: 'When this instance last looked at the deliveries.',
    labels: [],
  },
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof METRICS;
