import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { trainingSpec } from '../../src/training/hyperparameters.js';
import { train } from '../../src/training/train.js';
import type { Line } from '../bench.js';
import { sentence } from '../support/load.js';
import { costOf } from '../support/measure.js';
import { withMiniLm } from '../support/temporary.js';

const EXAMPLES = 128;
const EPOCHS = 4;
const TOKENS = 64;
const LAYERS = [4, 5];

/** Whole runs with LoRA on the top two of six layers, with and without the kept hidden states of what lies below. */
export function trunk(): Promise<Line[]> {
  return withMiniLm(async (base, home) => {
    const train = join(home, 'train.jsonl');
    await writeFile(train, rows());
    const cpuMs = (cacheTrunk: 'auto' | 'never'): Promise<number> => cpuMsOf({ base, train, home, cacheTrunk });
    const [kept, never] = [await cpuMs('auto'), await cpuMs('never')];
    const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
    const name = `LoRA on the top 2 of 6 layers, ${EXAMPLES} rows of ${TOKENS} tokens, ${EPOCHS} passes`;
    return [
      { what: `${name}, processor time of the whole run`, value: seconds(never) },
      { what: 'the same with the frozen layers computed once', value: seconds(kept) },
      { what: 'without over with', value: (never / kept).toFixed(2) },
    ];
  });
}

function rows(): string {
  return Array.from({ length: EXAMPLES }, (_, at) => {
    return `${JSON.stringify({ text: sentence(TOKENS, at), label: `label ${at % 4}` })}\n`;
  }).join('');
}

interface Case {
  readonly base: string;
  readonly train: string;
  readonly home: string;
  readonly cacheTrunk: 'auto' | 'never';
}

async function cpuMsOf({ base, train: rowsFile, home, cacheTrunk }: Case): Promise<number> {
  const spec = trainingSpec.parse({
    base,
    task: 'sequence_classification',
    method: { name: 'lora', layers: LAYERS },
    data: { train: rowsFile },
    epochs: EPOCHS,
    maxTokens: TOKENS,
    cacheTrunk,
  });
  const directory = join(home, cacheTrunk);
  await mkdir(directory);
  const { signal } = new AbortController();
  return (await costOf(() => train(spec, { directory, onEvent: () => undefined, signal }))).cpuMs;
}
