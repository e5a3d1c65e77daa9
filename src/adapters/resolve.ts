import type { HeadLabels } from '../models/heads.js';
import { IncompatibleAdapterError } from '../common/errors.js';
import type { AdapterBase, AdapterTask } from './adapter-base.js';
import type { Brick } from './brick.js';
import { BrickBuilder } from './brick-builder.js';
import type { AdapterMethod, Checkpoint } from './methods/method.js';
import { Places } from './places.js';
import { brickArrays } from './packed.js';
import { inferredTask } from './task.js';

export interface ImportOptions {
  /** Names of the head's outputs; they win over card.json and head_config.json. */
  readonly labels?: readonly string[];
  readonly problem?: HeadLabels['problem'];
  /** Needed only where the files leave it open, e.g. a bare `classifier` of BERT without `task_type`. */
  readonly task?: AdapterTask;
}

export interface Resolved {
  readonly brick: Brick;
  readonly task: AdapterTask;
  /** What the caller should know though it changes no answer. */
  readonly notes: readonly string[];
}

/**
 * Puts a checkpoint on a base.
 *
 * @param task  wins over what the checkpoint states
 * @param hint  used where the checkpoint states nothing
 * @throws IncompatibleAdapterError  when it does not fit, naming the key or tensor
 */
export function resolveCheckpoint<C extends Checkpoint>(
  method: AdapterMethod<C>,
  checkpoint: C,
  base: AdapterBase,
  { task: given, hint }: { readonly task?: AdapterTask | undefined; readonly hint?: AdapterTask | undefined } = {},
): Resolved {
  const places = new Places(base);
  const modules = method
    .savedPaths(checkpoint)
    .map((path) => path.slice(0, path.lastIndexOf('.')))
    .filter((module) => places.find(module)?.kind === 'head')
    .map((module) => places.canonical(module));
  const task = given ?? method.statedTask(checkpoint) ?? hint ?? inferredTask(modules, base, places.layout);
  const builder = new BrickBuilder(base, task);
  method.place(checkpoint, builder);
  const brick = builder.build();
  const bad = brickArrays(brick).find(([, data]) => !data.every(Number.isFinite));
  const notes = builder.head.unread().map((module) => `${module}: ${task} does not read it`);
  if (!bad) return { brick, task, notes };
  throw new IncompatibleAdapterError(`${bad[0]}: resolved numbers must be finite in float32, got others`, {
    param: bad[0],
  });
}
