import { openWholeModel, type ReplacedBase } from '../../src/adapters/import-whole-model.js';
import { packBrick, unpackBrick } from '../../src/adapters/packed.js';
import type { Brick } from '../../src/adapters/brick.js';
import { tensor, type Tensor } from '../../src/engine/tensor.js';
import type { BaseModel } from '../../src/models/base-model.js';
import { loadBaseModel } from '../../src/models/load.js';
import { memorySource } from './memory-source.js';
import { tinyModelFiles, type TinyModelOptions } from './tiny-model.js';

/** What fine-tuning changes: nothing, the top layer of three and the head, or all of it. */
export const CHANGES = { none: /^$/, top: /layer\.2\.|classifier|pooler/, all: /./ } as const;

/** The files of a model of three layers that differs from its like in the tensors whose names match. */
export function modelFiles(changed: RegExp = CHANGES.none, options: Partial<TinyModelOptions> = {}) {
  return tinyModelFiles({
    ...{ modelType: 'bert', layers: 3, task: 'sequence' },
    ...options,
    edit: (tensors) => {
      for (const [name, held] of tensors) if (changed.test(name)) tensors.set(name, shifted(held));
    },
  });
}

function shifted({ shape, data }: Tensor<'float32'>): Tensor<'float32'> {
  const moved = data.map((x, at) => x + 0.05 * ((at % 5) - 2));
  return tensor('float32', shape, moved);
}

export async function replaced(files: ReadonlyMap<string, Uint8Array>): Promise<BaseModel & ReplacedBase> {
  return { ...(await loadBaseModel(memorySource(new Map(files)))), tokenizerJson: files.get('tokenizer.json')! };
}

/** The brick of a whole model on a base, in shared memory as a cold load gives it. */
export async function wholeBrick(files: ReadonlyMap<string, Uint8Array>, base: ReplacedBase): Promise<Brick> {
  const packed = packBrick((await openWholeModel(memorySource(files), base)).brick);
  const shared = new Uint8Array(new SharedArrayBuffer(packed.byteLength));
  shared.set(packed);
  return unpackBrick(shared);
}
