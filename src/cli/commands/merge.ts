import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ValidationError } from '../../common/errors.js';
import { fromDirectory } from '../../adapters/files.js';
import { SIGN_MAJORITIES } from '../../composition/merge/join.js';
import { mergeAdapters, mergeSummary, type MergeMember } from '../../composition/merge/merge.js';
import type { MergeOptions } from '../../composition/merge/options.js';
import { MERGE_KINDS } from '../../composition/merge/table.js';
import {
  oneOf,
  optionText,
  positiveNumber,
  requireOption,
  wholeNumber,
  type Command,
  type OptionValues,
} from '../command.js';

export const mergeCommand: Command = {
  name: 'merge',
  usage:
    'DIR[=WEIGHT]... --out DIR [--kind KIND] [--rank N] [--density N] [--majority NAME] [--seed N] [--head N|none]',
  summary: `make one PEFT LoRA adapter of several; kinds: ${MERGE_KINDS.join(', ')}`,
  options: {
    out: { type: 'string' },
    kind: { type: 'string', default: 'cat' },
    rank: { type: 'string' },
    density: { type: 'string' },
    majority: { type: 'string' },
    seed: { type: 'string' },
    head: { type: 'string' },
  },
  positionals: [1, 64],
  async run({ positionals, options }, { out }) {
    const folder = requireOption(options, 'out');
    const merge = mergeOptions(options);
    const merged = mergeAdapters(await Promise.all(positionals.map(readMember)), merge);
    await mkdir(folder, { recursive: true });
    if ((await readdir(folder)).length > 0)
      throw new ValidationError(`--out: expected a folder that is empty or not there yet, got ${folder}`);
    for (const [name, bytes] of merged.files) await writeFile(join(folder, name), bytes);
    out(`${folder}: ${mergeSummary(merge, positionals.length, merged)}\n`);
    return 0;
  },
};

/** `DIR` or `DIR=WEIGHT`. */
async function readMember(text: string): Promise<MergeMember> {
  const at = text.lastIndexOf('=');
  if (at < 0) return { files: await fromDirectory(text), weight: 1 };
  const weight = Number(text.slice(at + 1) || NaN);
  if (!Number.isFinite(weight))
    throw new ValidationError(`merge: expected DIR=WEIGHT with a finite number, got ${text}`);
  return { files: await fromDirectory(text.slice(0, at)), weight };
}

function mergeOptions(options: OptionValues): MergeOptions {
  const number = <T>(name: string, read: (name: string, text: string) => T): T | undefined => {
    const text = optionText(options, name);
    return text === undefined ? undefined : read(name, text);
  };
  const rank = number('rank', wholeNumber);
  const density = number('density', positiveNumber);
  const seed = number('seed', wholeNumber);
  const majority = oneOf('majority', SIGN_MAJORITIES, options);
  const head = optionText(options, 'head') === 'none' ? 'none' : number('head', wholeNumber);
  return {
    kind: oneOf('kind', MERGE_KINDS, options)!,
    ...(rank !== undefined && { rank }),
    ...(density !== undefined && { density }),
    ...(majority !== undefined && { majority }),
    ...(seed !== undefined && { seed }),
    ...(head !== undefined && { head }),
  };
}
