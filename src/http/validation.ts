import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import { ValidationError } from '../common/errors.js';
import { issuePath, issueText, shortened, SHOWN_FAULTS, type SchemaIssue } from '../common/schema-issue.js';

/** Checks what handlers declare with `{ schema }`; the first fault names the parameter. */
export class ValidationPipe implements PipeTransform<unknown, Promise<unknown>> {
  async transform(value: unknown, { schema, type, data }: ArgumentMetadata): Promise<unknown> {
    if (schema === undefined) return value;
    if (type === 'body' && value === undefined) throw new ValidationError('body: expected JSON, got none');
    const result = await schema['~standard'].validate(value);
    if (result.issues) throw faultOf(result.issues, value, data);
    return result.value;
  }
}

/** Reads a value that no pipe sees, such as the fields of a multipart body. */
export function parseWith<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw faultOf(parsed.error.issues, value);
}

/** @param name  of the value itself, where it has one, such as a part of the path */
function faultOf(issues: readonly SchemaIssue[], value: unknown, name = ''): ValidationError {
  const faults = issues.slice(0, SHOWN_FAULTS).map((issue) => {
    const path = issuePath(issue.path) || name;
    return path === '' ? issueText(issue, value) : `${path}: ${issueText(issue, value)}`;
  });
  const more = issues.length > SHOWN_FAULTS ? [`and ${issues.length - SHOWN_FAULTS} more`] : [];
  const [root = ''] = (issuePath(issues[0]?.path) || name).split(/[.[]/);
  const param = root || shortened(issues[0]?.keys?.[0] ?? '');
  return new ValidationError([...faults, ...more].join('; '), param ? { param } : {});
}
