import { text } from 'node:stream/consumers';
import { type Abuse, abuse } from './abusers.js';

/** A process of its own, so that its work is not taken for the service's. */
const { name, ...given } = JSON.parse(await text(process.stdin)) as Abuse & { name: string };
abuse(name, given);
