import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BaseModel } from '../../../models/base-model.js';
import { directorySource } from '../../../models/directory-source.js';
import { loadBaseModel } from '../../../models/load.js';
import { createRuntime } from '../../../runtime/create-runtime.js';
import type { Runtime } from '../../../runtime/protocol.js';
import type { LabelledText } from '../../datasets/labelled-text.js';
import { BASE } from '../adapter-tests.js';
import { SHARED } from './settings.js';
import { labelsOf, type Domain } from './domains.js';
import { Examiner, type Question } from './examiner.js';
import { fitHead, pooled, writeBaseWithHead } from './shared-head.js';

/** Splits of which a question set is made. */
type Split = 'train' | 'validation' | 'test';

export interface Prepared {
  /** The base with the shared head. */
  readonly directory: string;
  readonly base: BaseModel;
  readonly labels: readonly string[];
  /** How the head was fitted, for the reader. */
  readonly head: string;
}

/** Fits the shared head on the bare base and writes the base with it. */
export async function prepareBase(domains: readonly Domain[], directory: string): Promise<Prepared> {
  const bare = await loadBaseModel(directorySource(BASE));
  const labels = labelsOf(domains);
  const fitted = await withRuntime(BASE, async (runtime) => {
    const examiner = new Examiner(runtime);
    const features = async (split: Split) => {
      const questions = questionsOf(domains, split, { base: bare, labels });
      const states = await examiner.firstStates(questions);
      return { x: states.map((x) => pooled(bare.pooler!.dense, x)), labels: questions.map(({ label }) => label) };
    };
    return fitHead(await features('train'), await features('validation'), labels.length);
  });
  await writeBaseWithHead(BASE, directory, fitted, labels);
  const head = `penalty ${fitted.lambda}, scale ${fitted.scale.toFixed(1)}`;
  return { directory, base: await loadBaseModel(directorySource(directory)), labels, head };
}

/** The texts of all domains, or of some, as the runtime takes them. */
export function questionsOf(
  domains: readonly Domain[],
  split: Split,
  { base, labels }: Pick<Prepared, 'base' | 'labels'>,
): Question[] {
  const numbers = new Map(labels.map((label, at) => [label, at]));
  return domains.flatMap((domain, at) =>
    domain[split].map(({ text, label }) => ({
      ids: base.tokenizer.encode(text, { maxTokens: SHARED.maxTokens }).ids,
      label: numbers.get(label)!,
      domain: at,
    })),
  );
}

/** A runtime on two threads, stopped after its use. */
export async function withRuntime<T>(directory: string, use: (runtime: Runtime) => Promise<T>): Promise<T> {
  const cacheDir = await mkdtemp(join(tmpdir(), 'tessera-compose-'));
  const settings = { name: 'tessera-tiny', engine: 'onnx-cpu', precision: 'fp32', threads: 2 } as const;
  const runtime = await createRuntime({ place: 'worker', ...settings, directory, cacheDir });
  try {
    return await use(runtime);
  } finally {
    await runtime.stop();
    await rm(cacheDir, { recursive: true, force: true });
  }
}

/** Writes texts where training reads them. */
export async function writeRows(directory: string, name: string, rows: readonly LabelledText[]): Promise<string> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, `${name}.jsonl`);
  await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return path;
}
