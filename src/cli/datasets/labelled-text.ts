/** One example of a classification data set. */
export interface LabelledText {
  readonly text: string;
  readonly label: string;
}

/** The lines of a text file; the last line may or may not end with a line break. */
export function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
