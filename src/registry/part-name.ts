const MAX_NAME = 63;

/** Of a part of what has a name: `name.part`, the name cut where both have no room. */
export function partName(name: string, part: string): string {
  return `${name.slice(0, MAX_NAME - part.length - 1)}.${part}`;
}

/** Of an expert by its number: `e00`, `e01`, … */
export function expertName(expert: number): string {
  return `e${String(expert).padStart(2, '0')}`;
}
