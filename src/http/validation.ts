import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import { ValidationError } from '../common/errors.js';

/** Faults, and unknown keys, that a message names. */
const SHOWN = 5;
const SHOWN_CHARACTERS = 80;

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
  throw faultOf(parsed.error.issues, value);
}

/** @param name  of the value itself, where it has one, such as a part of the path */
function faultOf(issues: readonly Issue[], value: unknown, name = ''): ValidationError {
  const faults = issues.slice(0, SHOWN).map((issue) => {
    const path = pathOf(issue.path) || name;
    return path === '' ? textOf(issue, value) : `${path}: ${textOf(issue, value)}`;
  });
  const more = issues.length > SHOWN ? [`and ${issues.length - SHOWN} more`] : [];
  const [root = ''] = (pathOf(issues[0]?.path) || name).split(/[.[]/);
  const param = root || shortened(issues[0]?.keys?.[0] ?? '');
  return new ValidationError([...faults, ...more].join('; '), param ? { param } : {});
}

/** The rule, then the value got. */
function textOf({ message, path = [], keys }: Issue, value: unknown): string {
  if (keys !== undefined) {
    const more = keys.length > SHOWN ? ` and ${keys.length - SHOWN} more` : '';
    return `expected no other keys, got ${keys.slice(0, SHOWN).map(shown).join(', ')}${more}`;
  }
  const rule = /^[\w ]+: (expected .*?)(?:, received .*)?$/s.exec(message)?.[1] ?? message;
  return `${rule}, got ${shown(path.reduce(memberOf, value))}`;
}

function memberOf(value: unknown, segment: PropertyKey | { readonly key: PropertyKey }): unknown {
  const key = typeof segment === 'object' ? segment.key : segment;
  return typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined;
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(shortened(value));
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  if (value === undefined) return 'nothing';
  return typeof value === 'number' ? String(value) : JSON.stringify(value);
}

function shortened(text: string): string {
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}
