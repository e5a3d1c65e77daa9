/**
 * Preloaded into a service under test: when it comes to what the plan in TESSERA_TEST_GATE says, it writes `held` there
 * and goes no further until `go` is there. A plan is {kind, pattern}: `link`, the path of an object about to be published,
 * or `query`, a statement about to be sent, with its values. It holds for one time, what comes second goes through. A plan
 * with an `error` holds nothing: there it fails with that system error.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

const directory = process.env.TESSERA_TEST_GATE;
const path = (name) => join(directory, name);

/** The plan, once, when it is of this. */
function planFor(kind, text) {
  if (!existsSync(path('plan'))) return undefined;
  const plan = JSON.parse(readFileSync(path('plan'), 'utf8'));
  if (plan.kind !== kind || !new RegExp(plan.pattern, 's').test(text)) return undefined;
  rmSync(path('plan'));
  return plan;
}

async function hold({ error }) {
  if (error) throw Object.assign(new Error(`${error}: planned`), { code: error });
  writeFileSync(path('held'), '');
  while (!existsSync(path('go'))) await sleep(10);
  rmSync(path('go'));
}

const { link } = fs;
fs.link = async (from, to) => {
  const plan = planFor('link', String(to));
  if (plan) await hold(plan);
  return link(from, to);
};
os.setPriority = () => {}; // children as nice as they should be would wait for whatever else runs beside the tests
syncBuiltinESMExports();

const { query } = pg.Client.prototype;
pg.Client.prototype.query = function heldQuery(config, ...rest) {
  const text = typeof config === 'string' ? config : config?.text;
  const values = Array.isArray(rest[0]) ? rest[0] : config?.values;
  const plan = typeof text === 'string' ? planFor('query', `${text} ${JSON.stringify(values ?? [])}`) : undefined;
  if (!plan) return query.call(this, config, ...rest);
  return hold(plan).then(() => query.call(this, config, ...rest));
};
