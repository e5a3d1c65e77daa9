import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOnnxExecutor } from '../../engine/executors/onnx.js';
import { prepareCorpus } from './prepare.js';
import type { PretrainOptions, PretrainResult } from './pretrain-options.js';
import { PretrainRun } from './pretrain-run.js';

/**
 * Trains a BERT from nothing on a directory of texts: learns a WordPiece tokenizer, starts the word embeddings from the
 * company that tokens keep, and trains by masked-language modelling. Writes a Hugging Face directory. Equal options on
 * equal texts give equal models at the same thread count, however often the run is stopped.
 *
 * @throws DivergedError  when the loss is not finite; the last checkpoint stays
 * @throws ConflictError  when the checkpoint in `out` is of another run
 */
export async function pretrain(options: PretrainOptions): Promise<PretrainResult> {
  const { config, out, threads } = options;
  const corpus = await prepareCorpus(options.corpus, config);
  const cacheDir = await mkdtemp(join(tmpdir(), 'pretrain-'));
  const executor = await createOnnxExecutor({ provider: 'cpu', threads, cacheDir });
  try {
    await mkdir(out, { recursive: true });
    const run = await PretrainRun.open(options, corpus, executor);
    return await run.train();
  } finally {
    await executor.dispose();
    await rm(cacheDir, { recursive: true, force: true });
  }
}
