/** Nest token of the local directory of the base model, which children open by themselves. */
export const BASE_DIRECTORY = Symbol('BaseDirectory');
