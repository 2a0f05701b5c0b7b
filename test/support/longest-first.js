import Sequencer from '@jest/test-sequencer';

/** From 90 to 20 s. What begins last must not be long, and where nothing was measured yet, Jest knows only sizes of files. */
const LONGEST = [
  'swagger-ui',
  'start',
  'mirror',
  'hook-delivery',
  'prove',
  'start-refused',
  'wire',
  'hook-instances',
  'client-retries',
  'tenant-hosts',
  'tracing',
  'shedding',
  'identity-provider',
  'crash',
];
const rank = ({ path }) => LONGEST.findIndex((name) => path.endsWith(`/${name}.spec.ts`)) >>> 0;

export default class LongestFirst extends Sequencer {
  sort(tests) {
    return super.sort(tests).sort((a, b) => rank(a) - rank(b));
  }
}
