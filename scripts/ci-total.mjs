/**
 * Adds up what a CI run proved and prints `N passed, N failed` last.
 * Arguments: `name=exit-code` of plain steps, and paths of test reports (vitest JSON) or of golden logs (`….goldens.log`).
 * A report that is missing or empty counts as a failure: a step that did not run proved nothing.
 * Before the totals each failure by name with the start of its message, so that the end of the log says what failed.
 */
import { existsSync, readFileSync } from 'node:fs';

const MESSAGE_LINES = 12;

let passed = 0;
let failed = 0;
const totals = [];
const add = (name, good, bad) => {
  passed += good;
  failed += bad;
  totals.push(`${name}: ${good} passed, ${bad} failed`);
};
const tell = (where, name, message = '') => {
  const lines = message ? message.trim().split('\n').slice(0, MESSAGE_LINES) : [];
  console.log([`FAILED ${where}: ${name}`, ...lines].join('\n    '));
};
const tellFile = ({ name, status, message, assertionResults }) => {
  const bad = assertionResults.filter((test) => test.status === 'failed');
  for (const test of bad) tell(name, test.fullName, test.failureMessages?.join('\n'));
  if (status === 'failed' && bad.length === 0) tell(name, 'the file itself', message);
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
    report.testResults.forEach(tellFile);
    add(argument, report.numPassedTests, report.numFailedTests + suites + none);
  } else {
    const log = readFileSync(argument, 'utf8');
    for (const [line] of log.matchAll(/^FAIL .*$/gm)) tell(argument, line);
    const total = /^(\d+) passed, (\d+) failed, \d+ skipped$/m.exec(log);
    if (total) add(argument, Number(total[1]), Number(total[2]));
    else add(argument, 0, 1);
  }
}
console.log(totals.join('\n'));
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
