import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ValidationError } from '../../common/errors.js';
import { readSafetensors, writeSafetensors } from '../../engine/io/safetensors.js';
import type { Tensor } from '../../engine/tensor.js';
import type { HeadLabels } from '../../models/heads.js';
import { SITE_ROLES } from '../../models/sites.js';
import type { ParameterTensors } from '../parameter.js';
import { squadOf, type Squad } from './squad.js';
import { headOf, SQUAD_FILE, SQUAD_WEIGHTS } from './squad-names.js';
import { squadPlace, type SquadShape } from './squad-shape.js';
import type { HeadRows } from './squad-router.js';

const squadSchema = z
  .object({
    experts: z.int().min(1),
    topK: z.int().min(1),
    temperature: z.number().positive(),
    rank: z.int().min(1),
    alpha: z.number().positive(),
    places: z.array(z.object({ role: z.enum(SITE_ROLES), layer: z.int().min(0) }).strict()),
    tasks: z.array(z.object({ name: z.string(), first: z.int().min(0), labels: z.array(z.string()) }).strict()),
  })
  .strict();

/** One task of a squad and its rows of the head. */
export interface SquadTask {
  readonly name: string;
  readonly first: number;
  readonly labels: readonly string[];
}

/** What is in the files of a squad. */
export interface StoredSquad {
  readonly squad: Squad;
  readonly heads: ReadonlyMap<string, HeadRows>;
  /** By path in the task model. */
  readonly head: ReadonlyMap<string, Tensor<'float32'>>;
}

/** The files of a whole squad: experts and routers side by side as they were trained, usage, and the heads. */
export function squadFiles(
  { experts, topK, temperature, places }: SquadShape,
  { rank, alpha }: Pick<Squad, 'rank' | 'alpha'>,
  tasks: readonly SquadTask[],
  tensors: ParameterTensors,
): Map<string, Uint8Array> {
  const json = {
    ...{ experts, topK, temperature, rank, alpha },
    places: places.map(({ role, layer }) => ({ role, layer })),
    tasks: tasks.map(({ name, first, labels }) => ({ name, first, labels })),
  };
  return new Map<string, Uint8Array>([
    [SQUAD_FILE, new TextEncoder().encode(`${JSON.stringify(json, null, 2)}\n`)],
    [SQUAD_WEIGHTS, writeSafetensors(tensors)],
  ]);
}

/** @throws ValidationError  for files that `squadFiles` did not write */
export async function readSquad(directory: string): Promise<StoredSquad> {
  const json: unknown = JSON.parse(await readFile(join(directory, SQUAD_FILE), 'utf8'));
  const parsed = squadSchema.safeParse(json);
  if (!parsed.success) throw new ValidationError(`${SQUAD_FILE}: ${z.prettifyError(parsed.error)}`);
  const { tasks, places, experts, topK, temperature, rank, alpha } = parsed.data;
  const { tensors } = readSafetensors(await readFile(join(directory, SQUAD_WEIGHTS)));
  const held = new Map([...tensors].map(([name, stored]) => [name, stored.toTensor() as Tensor<'float32'>]));
  const shape = { experts, topK, temperature, places: places.map(squadPlace), tasks: tasks.map(({ name }) => name) };
  const labels = (own: readonly string[]): HeadLabels => ({ labels: own, problem: 'single' });
  return {
    squad: squadOf(shape, { rank, alpha }, held),
    heads: new Map(tasks.map((task) => [task.name, { first: task.first, labels: labels(task.labels) }])),
    head: headOf(held),
  };
}
