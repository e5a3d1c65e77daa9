import { ValidationError } from '../../common/errors.js';
import type { ParameterTensors } from '../parameter.js';
import { expertFiles } from '../squad/expert-files.js';
import { squadFiles } from '../squad/squad-files.js';
import { headOf } from '../squad/squad-names.js';
import { squadRouter } from '../squad/squad-router.js';
import { squadOf } from '../squad/squad.js';
import { writeRouter } from '../../adapters/routing/router-files.js';
import type { SquadShape } from '../squad/squad-shape.js';
import type { MadeSquad } from '../events.js';
import type { OpenRun } from './open-run.js';
import type { ResultPart } from './result-files.js';

/** Folder of one expert's files in a result. */
function expertFolder(expert: number): string {
  return `experts/${expertName(expert)}`;
}

/** `e00`, `e01`, … */
function expertName(expert: number): string {
  return `e${String(expert).padStart(2, '0')}`;
}

/** Folder of a task's router in a result. */
function routerFolder(task: string): string {
  return `routers/${task}`;
}

/**
 * What a squad's run leaves: the squad as it was trained, each expert as an adapter of its own, and a router for each task.
 *
 * @param tensors  see `RunWorker.squadTensors`
 */
export function squadParts({ trainable, spec, tasks, base }: OpenRun, tensors: ParameterTensors): ResultPart[] {
  const { method } = spec;
  if (!trainable.squad || method.name !== 'mod_squad' || !tasks)
    throw new ValidationError(`training: expected the run of a squad, got one of ${method.name}`);
  const squad = squadOf(trainable.squad, method, tensors);
  const experts = Array.from({ length: squad.experts }, (_, expert): ResultPart => {
    return { folder: expertFolder(expert), files: expertFiles(squad, expert, base), labels: undefined };
  });
  const { layers } = base.config;
  const routers = tasks.map(({ name, first, labels }): ResultPart => {
    const rows = { first, labels: { labels, problem: 'single' as const } };
    const router = squadRouter(squad, name, base, { tensors: headOf(tensors), rows });
    return { folder: routerFolder(name), files: writeRouter(router, layers), labels: router.labels };
  });
  return [{ folder: '', files: squadFiles(squad, squad, tasks, tensors), labels: undefined }, ...experts, ...routers];
}

/** Where the parts of a squad lie, and how they go together. */
export function madeSquad({ experts, tasks, topK, temperature }: SquadShape): MadeSquad {
  const numbers = Array.from({ length: experts }, (_, expert) => expert);
  return {
    experts: numbers.map((expert) => ({ name: expertName(expert), folder: expertFolder(expert) })),
    routers: tasks.map((task) => ({ task, folder: routerFolder(task) })),
    ...{ topK, temperature },
  };
}
