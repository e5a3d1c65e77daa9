import { z } from 'zod';

/**
 * A field that is documented as `form` and read by `read`, which gives undefined for what is not of that form and stops at
 * the first wrong item. A union of lists would be tried form by form and item by item, with an issue for each: seconds for
 * a body of a few megabytes, on the thread that answers everyone.
 */
export function checkedInput<T>(form: z.ZodType, expected: string, read: (given: unknown) => T | undefined) {
  const { $schema: _version, ...document } = z.toJSONSchema(form, { io: 'input' });
  return z
    .unknown()
    .meta(document)
    .transform((given, context): T => {
      const value = read(given);
      if (value !== undefined) return value;
      context.issues.push({ code: 'custom', message: expected, input: given });
      return z.NEVER;
    });
}

/** One text, or a list of at least one. */
export function readTexts(given: unknown): string[] | undefined {
  if (typeof given === 'string') return [given];
  return isListOf(given, (item) => typeof item === 'string') ? (given as string[]) : undefined;
}

/** As `readTexts`; or one list of at least one token id, or a list of such lists. */
export function readTextsOrIds(given: unknown): string[] | number[][] | undefined {
  const texts = readTexts(given);
  if (texts !== undefined) return texts;
  if (isListOf(given, Number.isSafeInteger)) return [given as number[]];
  return isListOf(given, (item) => isListOf(item, Number.isSafeInteger)) ? (given as number[][]) : undefined;
}

function isListOf(given: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(given) && given.length > 0 && given.every((item) => isItem(item));
}
