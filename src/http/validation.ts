import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import { ValidationError } from '../common/errors.js';

const SHOWN = 5;

/** Checks what handlers declare with `{ schema }`; the first fault names the parameter. */
export class ValidationPipe implements PipeTransform<unknown, Promise<unknown>> {
  async transform(value: unknown, { schema, type, data }: ArgumentMetadata): Promise<unknown> {
    if (schema === undefined) return value;
    if (type === 'body' && value === undefined) throw new ValidationError('body: expected JSON, got none');
    const result = await schema['~standard'].validate(value);
    if (result.issues) throw faultOf(result.issues, data);
    return result.value;
  }
}

interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
  /** Keys that a strict object does not know. */
  readonly keys?: readonly string[];
}

function pathOf(path: Issue['path']): string {
  return (path ?? []).reduce<string>((text, segment) => {
    const key = typeof segment === 'object' ? segment.key : segment;
    return typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
}

/** Reads a value that no pipe sees, such as the fields of a multipart body. */
export function parseWith<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw faultOf(parsed.error.issues);
}

/** @param name  of the value itself, where it has one, such as a part of the path */
function faultOf(issues: readonly Issue[], name = ''): ValidationError {
  const faults = issues.slice(0, SHOWN).map((issue) => {
    const path = pathOf(issue.path) || name;
    return path === '' ? issue.message : `${path}: ${issue.message}`;
  });
  const more = issues.length > SHOWN ? [`and ${issues.length - SHOWN} more`] : [];
  const [root = ''] = (pathOf(issues[0]?.path) || name).split(/[.[]/);
  const param = root || issues[0]?.keys?.[0];
  return new ValidationError([...faults, ...more].join('; '), param ? { param } : {});
}
