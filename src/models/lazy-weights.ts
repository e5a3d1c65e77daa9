import { AppError, ModelError } from '../common/errors.js';
import { LENGTH_BYTES, parseHeader, readHeaderLength, type SafeTensorInfo } from '../engine/io/safetensors-header.js';
import { SafeTensor } from '../engine/io/safetensors.js';
import type { Tensor } from '../engine/tensor.js';
import type { ModelFiles } from './model-files.js';
import type { LocalSource } from './model-source.js';
import { checkAgainstIndex, requireFloats, shardsOf, toFloat32, type WeightOptions } from './weight-files.js';

/**
 * All tensors of a model under the names of its files, as `readWeights` gives them, but of the files only the headers are
 * read: a tensor's numbers come from the disk when they are asked for. Of these the last tensor's are kept, so reading
 * one after the other holds one in memory, and a loop over two should take their `data` before it begins.
 *
 * @throws ModelError  as `readWeights`; for numbers that are not finite when they are read
 */
export async function openWeights(
  source: LocalSource,
  files: ModelFiles,
  options: WeightOptions,
): Promise<Map<string, Tensor<'float32'>>> {
  const reader = new LastRead(source);
  const tensors = new Map<string, Tensor<'float32'>>();
  for (const [file, expected] of await shardsOf(files, options)) {
    const infos = await readInfos(source, file, await files.requireBytes(file, options.weightBytes));
    if (expected) checkAgainstIndex(file, expected, new Set(infos.keys()));
    for (const [name, info] of infos) {
      if (options.skips(name)) continue;
      requireFloats(file, info);
      tensors.set(name, new FileTensor(reader, file, info));
    }
  }
  return tensors;
}

async function readInfos(
  source: LocalSource,
  file: string,
  fileBytes: number,
): Promise<ReadonlyMap<string, SafeTensorInfo>> {
  try {
    const start = await source.read(file, { start: 0, bytes: Math.min(LENGTH_BYTES, fileBytes) });
    const bytes = readHeaderLength(start, fileBytes);
    return parseHeader(await source.read(file, { start: LENGTH_BYTES, bytes }), fileBytes).tensors;
  } catch (cause) {
    if (!(cause instanceof AppError) || cause instanceof ModelError) throw cause;
    throw new ModelError(`${file}: ${cause.message}`, { cause });
  }
}

/** A tensor that lies in a file. */
class FileTensor implements Tensor<'float32'> {
  readonly dtype = 'float32';
  readonly shape: readonly number[];

  constructor(
    private readonly reader: LastRead,
    readonly file: string,
    readonly info: SafeTensorInfo,
  ) {
    this.shape = info.shape;
  }

  get data(): Float32Array {
    return this.reader.read(this);
  }
}

/** Holds the numbers of the tensor that was read last. */
class LastRead {
  private tensor: FileTensor | undefined;
  private data: Float32Array = new Float32Array();

  constructor(private readonly source: LocalSource) {}

  read(tensor: FileTensor): Float32Array {
    if (this.tensor === tensor) return this.data;
    const { byteOffset: start, byteLength: bytes } = tensor.info;
    const stored = new SafeTensor(tensor.info, this.source.readNow(tensor.file, { start, bytes }));
    this.data = toFloat32(tensor.file, stored).data;
    this.tensor = tensor;
    return this.data;
  }
}
