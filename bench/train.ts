import type { Bench } from './bench.js';
import { memory } from './train/memory.js';
import { stepTime } from './train/step-time.js';
import { trunk } from './train/trunk.js';

/** What training costs: a step, its memory, and what is saved by computing less. */
export const train: Bench = {
  name: 'train',
  title: 'Training',
  method:
    'Random weights, fp32, LoRA r = 8 on query and value, AdamW, clipping, four labels. Step times: MiniLM-L6 shape ' +
    '(6 layers, hidden 384, 12 heads, ffn 1536), processor time, one thread, medians of 15 alternating rounds; PEFT takes ' +
    'part where `PEFT_PYTHON` names an interpreter that has it (`bench/train/peft_step.py`). Memory: two steps in a process ' +
    'of its own, resident memory at most (`VmHWM`) less that before the first step.',
  run: async () => [...(await stepTime()), ...(await memory()), ...(await trunk())],
};
