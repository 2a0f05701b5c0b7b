import { describe } from '@jest/globals';

declare const suites: string[];
declare const circus: { currentDescribeBlock: unknown };

// The suites of a part as one: what takes the time is to load the service, which each would do anew. Each
// is a block of its own, so that its service starts only for a test that is run.
const root = circus.currentDescribeBlock;
for (const file of suites) {
  let block: unknown;
  describe(file, () => {
    block = circus.currentDescribeBlock;
  });
  circus.currentDescribeBlock = block;
  await import(`../../${file}`);
  circus.currentDescribeBlock = root;
}
