import * as access from './access.js';
import * as fairness from './fairness.js';
import * as faults from './faults.js';
import * as fuzz from './fuzz.js';
import * as leaks from './leaks.js';
import * as model from './model.js';
import * as overload from './overload.js';
import type { Part } from './part.js';
import * as soak from './soak.js';

/** In the order in which they run. */
export const PARTS: Part[] = [fuzz, model, access, leaks, soak, faults];

/** What is measured, not tried: no test, since what else a machine does is a part of it. */
export const MEASURED: Part[] = [fairness, overload];
