import fc from 'fast-check';
import { Fuzzer } from './fuzz/fuzzer.js';
import { OPERATIONS } from './fuzz/operations.js';
import { requestsOf } from './fuzz/requests.js';
import type { Row, Settings } from './part.js';

export const name = 'fuzz';

const SHORT_RUNS = 250;
const FULL_MS = 100_000;
/** After so many different faults there is enough to do. */
const MOST_FAULTS = 12;

const requests = fc.constantFrom(...OPERATIONS).chain(requestsOf);

/** Requests made from the OpenAPI document, and what was wrong with their answers. */
export async function run({ seed, isShort }: Settings): Promise<Row[]> {
  const fuzzer = await Fuzzer.start();
  const faults: string[] = [];
  const deadline = performance.now() + FULL_MS;
  const attempt = fc.asyncProperty(requests, (wish) => fuzzer.try(wish));
  try {
    for (let round = 0; faults.length < MOST_FAULTS; round += 1) {
      const left = deadline - performance.now();
      if (left <= 0) break;
      const { failed, errorInstance, counterexamplePath } = await fc.check(attempt, {
        seed: seed + round,
        ...(isShort
          ? { numRuns: SHORT_RUNS }
          : { numRuns: 10_000_000, interruptAfterTimeLimit: left, markInterruptAsFailure: false }),
      });
      if (!failed) break;
      faults.push(`${(errorInstance as Error).message}\n--seed ${seed}, ${counterexamplePath}`);
      // Another one may be behind it.
      fuzzer.known.add(fuzzer.last);
    }
  } finally {
    await fuzzer.stop();
  }
  const statuses = [...fuzzer.statuses].sort(([one], [other]) => one - other);
  return [
    {
      claim: 'no 5xx, documented statuses, answers fit; refusals and dry runs write nothing',
      ...{ cases: fuzzer.cases, faults },
      note: statuses.map(([status, times]) => `${status}: ${times}`).join(', '),
    },
  ];
}
