import type { Site } from '../../models/sites.js';

/** Everything of a trained squad: `SQUAD_FILE` says what the tensors of `SQUAD_WEIGHTS` are. */
export const SQUAD_FILE = 'squad.json';
export const SQUAD_WEIGHTS = 'squad.safetensors';

const HEAD = 'squad.head.';

/** A squad's parameter at a site: all experts' `a` and `b`, all tasks' `router`. */
export function factorName(part: 'a' | 'b' | 'router', { role, layer }: Pick<Site, 'role' | 'layer'>): string {
  return `squad.${role}.${layer}.${part}`;
}

/** A parameter of the head, by its path in the task model. */
export function headName(path: string): string {
  return HEAD + path;
}

/** Tensors of the head by their paths in the task model, out of all tensors of a squad. */
export function headOf<T>(tensors: ReadonlyMap<string, T>): Map<string, T> {
  const own = [...tensors].filter(([name]) => name.startsWith(HEAD));
  return new Map(own.map(([name, held]) => [name.slice(HEAD.length), held]));
}
