/** The one file of a composition: its canonical recipe, see `recipeFile`. */
export const COMPOSITION_FILE = 'composition.json';
