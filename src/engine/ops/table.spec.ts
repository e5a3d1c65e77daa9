import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ops } from './table.js';

const folder = new URL('.', import.meta.url);
const files = readdirSync(folder).filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'));
/** Shared by several ops, and tested through them. */
const SHARED = ['binary.ts', 'reduce.ts', 'table.ts', 'unary.ts'];

describe('ops', () => {
  it('are known by their own names', () => {
    for (const [name, op] of ops) expect(op.name).toBe(name);
  });

  it('hold every op that a file here defines', async () => {
    const modules = await Promise.all(files.map((file) => import(new URL(file, folder).href) as Promise<object>));
    const defined = modules.flatMap((module) => Object.entries(module)).filter(([name]) => name.endsWith('Op'));
    const missing = defined.filter(([, op]) => ![...ops.values()].includes(op as never)).map(([name]) => name);
    expect(missing.filter((name) => !['unaryOp', 'binaryOp'].includes(name))).toEqual([]);
  });

  it('each have a spec beside them', () => {
    const own = files.filter((file) => !SHARED.includes(file));
    expect(own.filter((file) => !existsSync(new URL(file.replace('.ts', '.spec.ts'), folder)))).toEqual([]);
  });
});
