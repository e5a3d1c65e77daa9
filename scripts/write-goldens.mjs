/**
 * Trains an adapter of every method that PEFT has a format for, a few steps each on the golden set's random models, and
 * writes its files to test/goldens/written/adapters. What PEFT makes of them is written by check_with_peft.py there.
 *
 *   npm run build && node scripts/write-goldens.mjs [FOLDER…] && python3 test/goldens/written/check_with_peft.py --write
 */
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { trainingSpec } from '../dist/training/hyperparameters.js';
import { train } from '../dist/training/train.js';

const GOLDENS = fileURLToPath(new URL('../test/goldens/', import.meta.url));
const STEPS = 6;
const ALL = ['query', 'key', 'value', 'attention_output', 'ffn_up', 'ffn_down'];
const SEQUENCE = 'sequence_classification';

/** Folder, base, method and task. */
const CASES = [
  ['bert_lora', 'bert', { name: 'lora', rank: 4 }],
  [
    'bert_lora_wide',
    'bert',
    { name: 'lora', rank: 3, targets: ALL, rankPattern: { value: 2 }, alphaPattern: { key: 6 } },
  ],
  ['bert_lora_top_layer', 'bert', { name: 'lora', rank: 2, layers: [1], initialisation: 'gaussian' }],
  ['bert_lora_bias_adapted', 'bert', { name: 'lora', rank: 2, bias: 'adapted' }],
  ['bert_lora_bias_all', 'bert', { name: 'lora', rank: 2, bias: 'all' }],
  ['bert_lora_with_bias', 'bert', { name: 'lora', rank: 2, loraBias: true }],
  ['bert_lora_plus', 'bert', { name: 'lora', rank: 2, rateRatio: 8 }],
  ['bert_rslora', 'bert', { name: 'lora', rank: 4, rankStabilised: true }],
  ['bert_dora', 'bert', { name: 'dora', rank: 4 }],
  ['bert_dora_wide', 'bert', { name: 'dora', rank: 2, targets: ALL, rankStabilised: true }],
  ['bert_ia3', 'bert', { name: 'ia3' }],
  ['bert_bitfit', 'bert', { name: 'bitfit' }],
  ['bert_prefix', 'bert', { name: 'prefix', tokens: 3 }],
  ['bert_prefix_projection', 'bert', { name: 'prefix', tokens: 3, projection: true, projectionWidth: 7 }],
  ['bert_prompt', 'bert', { name: 'prompt', tokens: 3 }],
  ['bert_p_tuning', 'bert', { name: 'p_tuning', tokens: 3, width: 7 }],
  ['bert_p_tuning_lstm', 'bert', { name: 'p_tuning', tokens: 3, encoder: 'lstm', width: 7 }],
  ['roberta_lora', 'roberta', { name: 'lora', rank: 2 }],
  ['roberta_prefix', 'roberta', { name: 'prefix', tokens: 3 }],
  ['roberta_ia3', 'roberta', { name: 'ia3' }],
  ['distilbert_lora', 'distilbert', { name: 'lora', rank: 2, targets: ALL }],
  ['distilbert_ia3', 'distilbert', { name: 'ia3' }],
  ['electra_lora', 'electra', { name: 'lora', rank: 2 }],
  ['mpnet_lora', 'mpnet', { name: 'lora', rank: 2 }],
  ['xlmr_dora', 'xlmr', { name: 'dora', rank: 2 }],
  ['bert_tokens_lora', 'bert', { name: 'lora', rank: 2 }, 'token_classification'],
  ['bert_tokens_prefix', 'bert', { name: 'prefix', tokens: 3 }, 'token_classification'],
  ['roberta_tokens_ia3', 'roberta', { name: 'ia3' }, 'token_classification'],
  ['bert_words_lora', 'bert', { name: 'lora', rank: 2 }, 'masked_lm'],
  ['bert_embedding_lora', 'bert', { name: 'lora', rank: 2 }, 'embedding'],
];

/** Rows of a task, made up here. */
const ROWS = {
  sequence_classification: [
    { text: 'the rain fell over the harbour', label: 'weather' },
    { text: 'she bought apples at the market', label: 'trade' },
    { text: 'the train was late again', label: 'travel' },
    { text: 'snow in the hills by night', label: 'weather' },
    { text: 'the bank raised its rates', label: 'trade' },
    { text: 'we took the boat to the island', label: 'travel' },
  ],
  token_classification: [
    {
      text: 'anna met paul in rome',
      entities: [
        { start: 0, end: 4, label: 'PER' },
        { start: 17, end: 21, label: 'LOC' },
      ],
    },
    { text: 'the boat to malta was late', entities: [{ start: 12, end: 17, label: 'LOC' }] },
    { text: 'paul bought apples', entities: [{ start: 0, end: 4, label: 'PER' }] },
    { text: 'nobody was there', entities: [] },
  ],
  masked_lm: ['the rain fell over the harbour', 'she bought apples at the market', 'the train was late again'].map(
    (text) => ({ text }),
  ),
  embedding: [
    { text: 'the rain fell', pair: 'it was raining' },
    { text: 'she bought apples', pair: 'apples were bought' },
    { text: 'the train was late', pair: 'we waited for the train' },
    { text: 'snow in the hills', pair: 'the hills were white' },
  ],
};
const LABELS = {
  sequence_classification: ['weather', 'trade', 'travel'],
  token_classification: ['O', 'B-PER', 'I-PER', 'B-LOC', 'I-LOC'],
};

const only = process.argv.slice(2);
const home = await mkdtemp(join(tmpdir(), 'write-goldens-'));
const adapters = join(GOLDENS, 'written/adapters');
for (const [name, base, method, task = SEQUENCE] of CASES) {
  if (only.length > 0 && !only.includes(name)) continue;
  const directory = join(home, name);
  await mkdir(directory, { recursive: true });
  const rows = join(directory, 'train.jsonl');
  await writeFile(rows, ROWS[task].map((row) => `${JSON.stringify(row)}\n`).join(''));
  const spec = trainingSpec.parse({
    ...{
      base: join(GOLDENS, 'base', base),
      task,
      method,
      data: { train: rows },
      seed: 5,
      maxSteps: STEPS,
      batchSize: 3,
    },
    ...(LABELS[task] && { labels: LABELS[task] }),
    ...{ learningRate: 0.05, schedule: { name: 'constant' } },
  });
  const { files } = await train(spec, { directory, onEvent: () => {}, signal: new AbortController().signal });
  await rm(join(adapters, name), { recursive: true, force: true });
  await cp(files, join(adapters, name), { recursive: true });
  console.log(name);
}
await rm(home, { recursive: true });
