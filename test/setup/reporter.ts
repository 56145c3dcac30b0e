// The last lines of a run: the slowest tests, and one line with the counts.
import type { Reporter, TestModule } from 'vitest/node';

export default class Summary implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const timed: { readonly name: string; readonly milliseconds: number }[] = [];
    const counts = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        timed.push({
          name: `${module.relativeModuleId}: ${test.fullName}`,
          milliseconds: test.diagnostic()?.duration ?? 0,
        });
        if (state === 'passed' || state === 'failed') counts[state] += 1;
        else counts.skipped += 1;
      }
      if (module.errors().length > 0) counts.failed += 1;
    }
    const slowest = timed.toSorted((a, b) => b.milliseconds - a.milliseconds).slice(0, 10);
    process.on('exit', () => {
      console.log('slowest tests:');
      for (const { name, milliseconds } of slowest) {
        console.log(`${(milliseconds / 1000).toFixed(1).padStart(7)} s  ${name}`);
      }
      const { passed, failed, skipped } = counts;
      console.log(`tests: ${passed} passed, ${failed} failed, ${skipped} skipped`);
    });
  }
}
