import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { arch, platform } from 'node:process';
import { ValidationError } from '../common/errors.js';
import { dim } from '../engine/dim.js';
import type { Executor } from '../engine/executors/executor.js';
import { createOnnxExecutor } from '../engine/executors/onnx.js';
import { createTfjsExecutor } from '../engine/executors/tfjs.js';
import { Graph } from '../engine/graph.js';
import { matmul } from '../engine/ops/matmul.js';
import { tensor } from '../engine/tensor.js';
import type { EngineKind, EngineSettings } from './engine-settings.js';

type ExecutorSettings = Pick<EngineSettings, 'engine' | 'precision' | 'threads' | 'cacheDir'>;

const INT8_ENGINES: readonly EngineSettings['engine'][] = ['auto', 'onnx-cpu'];

/**
 * The executor of a setting. `auto` is CUDA when a small product runs there, else the CPU; WebGPU must be asked for by
 * name, since a software rasteriser offers it too and is slower than the CPU. int8 is computed by ONNX Runtime on the CPU
 * alone: the others have no kernel for it, or would be slower than in floats.
 *
 * @throws ValidationError  when the engine asked for does not compute in the precision asked for
 */
export async function chooseExecutor(settings: ExecutorSettings): Promise<Executor> {
  if (settings.precision === 'int8') {
    if (!INT8_ENGINES.includes(settings.engine))
      throw new ValidationError(
        `PRECISION: int8: expected ENGINE=${INT8_ENGINES.join(' or ')}, got ${settings.engine}`,
      );
    return createExecutor('onnx-cpu', settings);
  }
  if (settings.engine !== 'auto') return createExecutor(settings.engine, settings);
  return (await tryCuda(settings)) ?? createExecutor('onnx-cpu', settings);
}

function createExecutor(kind: EngineKind, { threads, cacheDir }: ExecutorSettings): Promise<Executor> {
  switch (kind) {
    case 'onnx-cpu':
      return createOnnxExecutor({ provider: 'cpu', threads, cacheDir });
    case 'onnx-webgpu':
      return createOnnxExecutor({ provider: 'webgpu', threads, cacheDir });
    case 'onnx-cuda':
      return createOnnxExecutor({ provider: 'cuda', threads, cacheDir });
    case 'tfjs-node-gpu':
      return createTfjsExecutor({ backend: 'node-gpu' });
    case 'tfjs-node':
      return createTfjsExecutor({ backend: 'node' });
    case 'tfjs-cpu':
      return createTfjsExecutor({ backend: 'cpu' });
  }
}

/** The CUDA executor when it computes [1 2]·[3 4]ᵀ = 11; nothing on a machine without a working GPU. */
async function tryCuda(settings: ExecutorSettings): Promise<Executor | undefined> {
  if (!(await hasCudaLibrary())) return undefined; // ONNX Runtime would write the missing file to stderr as an error
  let executor: Executor | undefined;
  try {
    executor = await createExecutor('onnx-cuda', settings);
    const graph = new Graph('probe');
    const x = graph.input('x', 'float32', [dim('rows'), 2]);
    graph.output('y', matmul(x, graph.constant(tensor('float32', [2, 1], Float32Array.of(3, 4)))));
    const program = await executor.compile(graph);
    const { y } = await program.run({ x: tensor('float32', [1, 2], Float32Array.of(1, 2)) });
    await program.dispose();
    if (y?.data[0] === 11) return executor;
  } catch {
    // no CUDA library, driver or device: the ordinary case, for which the CPU is the answer
  }
  await executor?.dispose();
  return undefined;
}

/** True when ONNX Runtime was installed with its CUDA provider, a library beside its own. */
async function hasCudaLibrary(): Promise<boolean> {
  const bin = join(dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json')), 'bin');
  const files = await readdir(bin, { recursive: true }).catch(() => []); // without its binaries there is none
  return files.some((file) => file.includes(join(platform, arch)) && file.includes('onnxruntime_providers_cuda'));
}
