declare module 'prom-client/lib/metrics/*.js' {
  import type { Registry } from 'prom-client';
  const watch: (registry: Registry) => void;
  export default watch;
}
