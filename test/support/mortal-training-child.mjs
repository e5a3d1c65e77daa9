/**
 * The real training child, which dies by SIGKILL where the file `plan` beside the directory of runs says: a pattern of what
 * it is about to do with a file (`open PATH`, `rename TO`) or to tell (`event TYPE STEP`). It dies once.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import fs from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';

let home;

function mayDie(what) {
  const plan = home === undefined ? '' : join(home, 'plan');
  if (!existsSync(plan) || !new RegExp(readFileSync(plan, 'utf8')).test(what)) return;
  rmSync(plan);
  process.kill(process.pid, 'SIGKILL');
}

const { open: openCallback } = fs;
fs.open = (path, ...rest) => {
  mayDie(`open ${path}`);
  return openCallback(path, ...rest);
};
const { open, rename } = promises;
promises.open = (path, ...rest) => {
  mayDie(`open ${path}`);
  return open(path, ...rest);
};
promises.rename = (from, to) => {
  mayDie(`rename ${to}`);
  return rename(from, to);
};
syncBuiltinESMExports();

const { runFit } = await import('../../dist/runtime/fits/run-fit.js');
const { prepareData } = await import('../../dist/runtime/prepare-data.js');
const { serveTraining } = await import('../../dist/runtime/serve-training.js');
const { train } = await import('../../dist/training/train.js');

const homeOf = (directory) => directory.slice(0, directory.lastIndexOf('/runs/'));

/** Takes a task up where its files are, and tells of it until it dies. */
function mortal(directory, onEvent) {
  home = homeOf(directory);
  return (event) => {
    mayDie(`event ${event.type} ${event.step ?? ''}`);
    onEvent(event);
  };
}

serveTraining(process, {
  train({ spec, directory }, { onEvent, signal }) {
    return train(spec, { directory, onEvent: mortal(directory, onEvent), signal });
  },
  fit({ spec, directory }, { onEvent, signal }) {
    return runFit(spec, { directory, onEvent: mortal(directory, onEvent), signal });
  },
  prepare(request, { signal }) {
    home = homeOf(request.options.directory);
    return prepareData(request, signal);
  },
});
