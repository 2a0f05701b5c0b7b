import { TestEnvironment } from 'jest-environment-node';

/** One failure tells of a mutant: what comes after it is left out, since each test may have to wait for its time limit. */
export default class MutationEnvironment extends TestEnvironment {
  hasFailed = false;

  handleTestEvent({ name, test, describeBlock, hook }, circus) {
    if (name === 'setup') this.global.circus = circus;
    if (name === 'test_done' && test.errors.length > 0) this.hasFailed = true;
    if (!this.hasFailed) return;
    // What was never set up cannot be ended: that is no error of the run, which says nothing of the mutant.
    if (name === 'hook_failure' && hook.type === 'afterAll') circus.unhandledErrors.length = 0;
    if (name === 'test_start') test.mode = 'skip';
    if (name === 'run_describe_start') describeBlock.mode = 'skip';
  }
}
