import { adalora } from './adalora.js';
import { adapterhubLora } from './adapterhub-lora.js';
import { beft } from './beft.js';
import { bottleneck } from './bottleneck.js';
import { hra } from './hra.js';
import { ia3 } from './ia3.js';
import { lnTuning } from './ln-tuning.js';
import { loha } from './loha.js';
import { lora } from './lora.js';
import type { AdapterMethod } from './method.js';
import { pTuning } from './p-tuning.js';
import { prefix } from './prefix.js';
import { prompt } from './prompt.js';
import { vera } from './vera.js';

/** Every method that is served. */
export const METHODS: readonly AdapterMethod[] = [
  lora,
  adalora,
  ia3,
  vera,
  loha,
  hra,
  beft,
  lnTuning,
  prompt,
  pTuning,
  prefix,
  bottleneck,
  adapterhubLora,
];
