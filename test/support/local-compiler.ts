import { importPacked } from '../../src/adapters/import-packed.js';
import { packBrick, unpackBrick } from '../../src/adapters/packed.js';
import { arrowGates } from '../../src/composition/routing/arrow.js';
import { directorySource } from '../../src/models/directory-source.js';
import { loadBaseModel } from '../../src/models/load.js';
import { cutSquadFiles } from '../../src/training/squad/cut-squad-files.js';
import { BaseAdapterCompiler } from '../../src/serving/base-adapter-compiler.js';

/** The service's compiler on the base in a directory, without a thread of its own. */
export async function localCompiler(directory: string): Promise<BaseAdapterCompiler> {
  const base = await loadBaseModel(directorySource(directory));
  return new BaseAdapterCompiler(base, {
    import: (adapter) => importPacked(adapter, base),
    cutSquad: (cut) => cutSquadFiles(cut, base),
    arrowGates: (packed, layers) => {
      const gates = arrowGates(unpackBrick(packed), layers);
      const brick = { lowRank: {}, embeddings: [], vectors: {}, bottlenecks: [], gates, gatesFor: 'arrow' as const };
      return Promise.resolve(packBrick(brick));
    },
  });
}
