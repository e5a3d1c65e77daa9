/** What a runtime is made from; plain values, so that they may cross into a worker thread. */
export interface EngineSettings {
  /** Public name of the base model. */
  readonly name: string;
  /** Hugging Face directory on local disk. */
  readonly directory: string;
  readonly engine: EngineKind | 'auto';
  /** `auto` is fp32: answers within float rounding of the model's own. int8 is faster on the CPU and close (see quantize.ts). */
  readonly precision: 'auto' | 'fp32' | 'int8';
  readonly threads: number;
  /** Where compiled weights are kept; may be deleted when nothing runs. */
  readonly cacheDir: string;
  readonly maxVariants?: number;
}

export type EngineKind = 'onnx-cpu' | 'onnx-webgpu' | 'onnx-cuda' | 'tfjs-node-gpu' | 'tfjs-node' | 'tfjs-cpu';
