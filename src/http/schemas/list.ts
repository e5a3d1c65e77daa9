import { z } from 'zod';

/** A page of a list: OpenAI's shape, and where the next page begins. */
export function listSchema<T extends z.ZodType>(id: string, item: T) {
  return z
    .object({ object: z.literal('list'), data: z.array(item), has_more: z.boolean(), next: z.string().nullable() })
    .meta({ id });
}
