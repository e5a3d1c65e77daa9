/**
 * Adds up what a CI run proved and prints `N passed, N failed` last.
 * Arguments: `name=exit-code` of plain steps, and paths of test reports (vitest JSON) or of golden logs (`….goldens.log`).
 * A report that is missing or empty counts as a failure: a step that did not run proved nothing.
 */
import { existsSync, readFileSync } from 'node:fs';

let passed = 0;
let failed = 0;
const add = (name, good, bad) => {
  passed += good;
  failed += bad;
  console.log(`${name}: ${good} passed, ${bad} failed`);
};

for (const argument of process.argv.slice(2)) {
  const step = /^([\w-]+)=(\d+)$/.exec(argument);
  if (step) {
    add(step[1], step[2] === '0' ? 1 : 0, step[2] === '0' ? 0 : 1);
  } else if (!existsSync(argument)) {
    add(argument, 0, 1);
  } else if (argument.endsWith('.json')) {
    const report = JSON.parse(readFileSync(argument, 'utf8'));
    const suites = report.testResults.filter(
      (file) => file.status === 'failed' && file.assertionResults.length === 0,
    ).length;
    const none = report.numPassedTests + report.numFailedTests === 0 ? 1 : 0;
    add(argument, report.numPassedTests, report.numFailedTests + suites + none);
  } else {
    const total = /^(\d+) passed, (\d+) failed, \d+ skipped$/m.exec(readFileSync(argument, 'utf8'));
    if (total) add(argument, Number(total[1]), Number(total[2]));
    else add(argument, 0, 1);
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
