/*
 * Canonical combining classes, which JavaScript does not offer, asked of its normalization: NFD sorts neighbouring
 * marks by class and never moves a starter (class 0), so an exchange tells which of two classes is the higher.
 */

const LOWEST = '\u0334'; // class 1
const HIGHEST = '\u0345'; // class 240

const starters = new Map<string, boolean>();

/** Whether the class of `first` is above that of `second`, both not 0. */
function exchanges(first: string, second: string): boolean {
  return (first + second).normalize('NFD') === second + first && first !== second;
}

/** Whether a character, itself without a canonical decomposition, has combining class 0. */
export function isStarter(char: string): boolean {
  if (char <= '\u02ff') return true;
  let starter = starters.get(char);
  if (starter === undefined) {
    starter = char !== LOWEST && char !== HIGHEST && !exchanges(HIGHEST, char) && !exchanges(char, LOWEST);
    starters.set(char, starter);
  }
  return starter;
}

/** Whether the class of `first` is below that of `second`; both must have a class. */
export function isClassBelow(first: string, second: string): boolean {
  return exchanges(second, first);
}
