import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Line } from '../bench.js';

/** BERT-base in all but the vocabulary. */
const SHAPE = { layers: 12, hidden: 768, heads: 12, ffn: 3072, vocab: 8192, positions: 512 };
const ROWS = 16;
const TOKENS = 256;
const CHILD = fileURLToPath(new URL('memory-child.js', import.meta.url));

interface Taken {
  readonly before: number;
  readonly peak: number;
  readonly cpuMs: number;
}

/** Memory of a step with and without gradient checkpointing, each in a process of its own. */
export async function memory(): Promise<Line[]> {
  const [kept, again] = [await taken(false), await taken(true)];
  const own = ({ before, peak }: Taken): number => peak - before;
  const shown = (each: Taken): string => `${gibibytes(own(each))}, ${gibibytes(each.peak)} at the peak of the process`;
  const name = `12 layers of 768, ${ROWS}×${TOKENS}`;
  return [
    { what: `${name}: memory of a step`, value: shown(kept) },
    { what: `${name}: memory of a step with gradient checkpointing`, value: shown(again) },
    { what: 'with over without, memory', value: (own(again) / own(kept)).toFixed(2) },
    { what: 'with over without, processor time', value: (again.cpuMs / kept.cpuMs).toFixed(2) },
  ];
}

async function taken(checkpoints: boolean): Promise<Taken> {
  const options = [JSON.stringify(SHAPE), String(ROWS), String(TOKENS), String(checkpoints)];
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', CHILD, ...options]);
  return JSON.parse(stdout) as Taken;
}

const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`;
