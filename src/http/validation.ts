import { StandardSchemaValidationPipe } from '@nestjs/common';
import type { z } from 'zod';
import { ValidationError } from '../common/errors.js';

const SHOWN = 5;

/** Checks what handlers declare with `{ schema }`; the first fault names the parameter. */
export function validationPipe(): StandardSchemaValidationPipe {
  return new StandardSchemaValidationPipe({ exceptionFactory: faultOf });
}

interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
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

function faultOf(issues: readonly Issue[]): ValidationError {
  const faults = issues.slice(0, SHOWN).map((issue) => {
    const path = pathOf(issue.path);
    return path === '' ? issue.message : `${path}: ${issue.message}`;
  });
  const more = issues.length > SHOWN ? [`and ${issues.length - SHOWN} more`] : [];
  const [root] = pathOf(issues[0]?.path).split(/[.[]/);
  return new ValidationError([...faults, ...more].join('; '), root ? { param: root } : {});
}
