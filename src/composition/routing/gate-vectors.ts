import type { Brick } from '../../adapters/brick.js';

/** What a route compares with the input of each place, [layers, width] for each place; see `Brick.gates`. */
export type GateVectors = NonNullable<Brick['gates']>;
