import { cold } from './cold.js';
import { compose } from './compose.js';
import { engine } from './engine.js';
import { fleet } from './fleet.js';
import { http } from './http.js';
import { int8 } from './int8.js';
import { train } from './train.js';
import { trainTogether } from './train-together.js';
import { trainYield } from './train-yield.js';
import { writeSection } from './support/report.js';
import type { Bench } from './bench.js';

/** All benchmarks; a new one is a file and a line here. */
const BENCHES: readonly Bench[] = [engine, compose, int8, http, cold, fleet, train, trainTogether, trainYield];

const names = process.argv.slice(2);
/** `train` names `train-together` too. */
const isNamed = (bench: Bench, name: string): boolean => bench.name === name || bench.name.startsWith(`${name}-`);

const unknown = names.filter((name) => !BENCHES.some((bench) => isNamed(bench, name)));
if (unknown.length > 0) {
  console.error(`bench: one of ${BENCHES.map((bench) => bench.name).join(', ')}, got ${unknown.join(', ')}`);
  process.exitCode = 2;
} else {
  for (const bench of BENCHES.filter((each) => names.length === 0 || names.some((name) => isNamed(each, name)))) {
    console.log(`\n${bench.title}`);
    const lines = await bench.run();
    for (const { what, value, target } of lines) {
      const verdict = target ? `   (${target.text}: ${target.isReached ? 'reached' : 'MISSED'})` : '';
      console.log(`  ${what}: ${value}${verdict}`);
    }
    writeSection(bench, lines);
  }
}
