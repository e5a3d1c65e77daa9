import { ValidationError } from '../../common/errors.js';
import { sizeOf, tensor, type Tensor } from '../../engine/tensor.js';
import type { ParameterTensors } from '../parameter.js';
import { factorName } from './squad-names.js';
import { usageName, type SquadPlace, type SquadShape } from './squad-shape.js';

/** What experts and routers of one place are. */
export interface SquadFactors {
  /** All experts' ranks one below the other. */
  readonly a: Tensor<'float32'>; // [experts · rank, in]
  readonly b: Tensor<'float32'>; // [experts · rank, out], without the scale
  readonly router: Tensor<'float32'>; // [tasks, experts, in]
  /** How often each task chose each expert, in per cent of its choices; see `usageAfter`. */
  readonly usage: Tensor<'float32'>; // [tasks, experts]
}

/** Trained experts, the routers of the tasks that share them, and how these used them. */
export interface Squad extends SquadShape {
  /** Of each expert. */
  readonly rank: number;
  /** The scale of an update is alpha / rank. */
  readonly alpha: number;
  /** By the places' names. */
  readonly factors: ReadonlyMap<string, SquadFactors>;
}

/** @throws ValidationError  for a place that the squad has not */
export function factorsAt({ factors }: Squad, { name }: Pick<SquadPlace, 'name'>): SquadFactors {
  const found = factors.get(name);
  if (!found) throw new ValidationError(`squad: ${name}: expected a place of the squad, got another`);
  return found;
}

/** @throws ValidationError  for a task that the squad has no router for */
export function taskNumber({ tasks }: Pick<SquadShape, 'tasks'>, task: string): number {
  const found = tasks.indexOf(task);
  if (found < 0) throw new ValidationError(`squad: task: expected one of ${tasks.join(', ')}, got ${task}`);
  return found;
}

/** Row `at` of the first axis. */
export function rowOf(held: Tensor<'float32'>, at: number): Tensor<'float32'> {
  const shape = held.shape.slice(1);
  const size = sizeOf(shape);
  return tensor('float32', shape, held.data.slice(at * size, (at + 1) * size));
}

/** The squad of a run's tensors: parameters by their names, and usage. */
export function squadOf(
  shape: SquadShape,
  { rank, alpha }: Pick<Squad, 'rank' | 'alpha'>,
  tensors: ParameterTensors,
): Squad {
  const require = (name: string): Tensor<'float32'> => {
    const found = tensors.get(name);
    if (!found) throw new ValidationError(`squad: ${name}: expected a tensor, got none`);
    return found;
  };
  const factors = shape.places.map((place): [string, SquadFactors] => [
    place.name,
    {
      a: require(factorName('a', place)),
      b: require(factorName('b', place)),
      router: require(factorName('router', place)),
      usage: require(usageName(place)),
    },
  ]);
  const { experts, topK, temperature, tasks, places } = shape;
  return { experts, topK, temperature, tasks, places, rank, alpha, factors: new Map(factors) };
}
