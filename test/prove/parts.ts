import * as access from './access.js';
import * as fuzz from './fuzz.js';
import type { Part } from './part.js';

/** In the order in which they run. */
export const PARTS: Part[] = [fuzz, access];
