import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { importWholeModel } from '../adapters/import-whole-model.js';
import { importPacked, type PackedAdapter } from '../adapters/import-packed.js';
import { packBrick, unpackBrick } from '../adapters/packed.js';
import { holdsWholeModel } from '../adapters/whole-model.js';
import { VERBALISER_FILE } from '../adapters/verbaliser/verbaliser-file.js';
import { ModelError } from '../common/errors.js';
import { arrowGates } from '../composition/routing/arrow.js';
import { cutSquadFiles } from '../training/squad/cut-squad-files.js';
import { directorySource } from '../models/directory-source.js';
import { openBase, openBaseWithTokenizer } from '../models/open.js';
import { toWireError } from './error-wire.js';
import type { ImportAnswer, ImportCall, ImportInput, ImportResults } from './import-messages.js';
import { Serial } from './serial.js';
import { IMPORT_NICENESS, lowerThreadPriority } from './thread-priority.js';

/**
 * Entry of the import thread. It knows nothing of the engine, so it may be ended at any time. The base is opened anew for
 * each adapter and its tensors are read as they are needed: between imports the thread holds none of them.
 */
if (!parentPort) throw new Error('import-worker: expected to run in a worker thread');
const port = parentPort;
const base = workerData as ImportInput;
const serial = new Serial();
lowerThreadPriority(IMPORT_NICENESS);

port.on('message', (call: ImportCall) => {
  serial
    .run(() => answerTo(call))
    .then(
      (result) => send({ type: 'done', result }, buffersOf(result)),
      (error: unknown) => send({ type: 'refused', error: toWireError(error) }),
    );
});

type Result = ImportResults[keyof ImportResults];

async function answerTo(call: ImportCall): Promise<Result> {
  if (call.type === 'import') return importHere(call.directory);
  if (call.type === 'arrow') return prototypes(call);
  return cutSquadFiles(call.cut, await openBase(directorySource(base.directory)));
}

/** What is given away with a result. */
function buffersOf(result: Result): ArrayBuffer[] {
  if (result instanceof Uint8Array) return [result.buffer];
  return 'packed' in result ? [result.packed.buffer] : [];
}

async function importHere(directory: string): Promise<PackedAdapter> {
  const hasWords = existsSync(join(directory, VERBALISER_FILE));
  const opened = await (hasWords ? openBaseWithTokenizer : openBase)(directorySource(base.directory));
  if (opened.stamp === base.stamp) {
    if (!(await holdsWholeModel(directory))) return importPacked(directory, opened);
    const tokenizerJson = await readFile(join(base.directory, 'tokenizer.json'));
    return importWholeModel(directorySource(directory), { ...opened, tokenizerJson });
  }
  throw new ModelError(
    `base model: expected its files unchanged since the service started, got others in ${base.directory}`,
  );
}

function prototypes({ packed, layers }: ImportCall & { type: 'arrow' }): Uint8Array<ArrayBuffer> {
  const gates = arrowGates(unpackBrick(packed), layers);
  return packBrick({ lowRank: {}, embeddings: [], vectors: {}, bottlenecks: [], gates, gatesFor: 'arrow' });
}

function send(answer: ImportAnswer, transfer: readonly ArrayBuffer[] = []): void {
  port.postMessage(answer, transfer);
}
