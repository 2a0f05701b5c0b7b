import { TestEnvironment } from 'jest-environment-node';

/** One failure tells of a mutant: what comes after it is left out, since each test may have to wait for its time limit. */
export default class MutationEnvironment extends TestEnvironment {
  hasFailed = false;

  handleTestEvent({ name, test, describeBlock }, circus) {
    if (name === 'setup') this.global.circus = circus;
    if (name === 'test_done' && test.errors.length > 0) this.hasFailed = true;
    if (!this.hasFailed) return;
    if (name === 'test_start') test.mode = 'skip';
    if (name === 'run_describe_start') describeBlock.mode = 'skip';
  }
}
