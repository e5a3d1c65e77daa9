"""LoRA training steps of PEFT on torch, for the bench `train`.

Usage: peft_step.py ROWS TOKENS THREADS. Prints its versions as a line of JSON; then, for each line that it reads, does a
step and prints what it cost: {"cpuMs", "wallMs"}. Needs torch, transformers and peft. The model has the shape of MiniLM-L6
and random weights, LoRA r = 8 on query and value, AdamW and clipping to norm 1, as the bench's own step has.
"""

import json
import sys
import time

import peft
import torch
import transformers
from peft import LoraConfig, TaskType, get_peft_model
from transformers import BertConfig, BertForSequenceClassification

rows, tokens, threads = (int(argument) for argument in sys.argv[1:4])
torch.set_num_threads(threads)
torch.manual_seed(0)
config = BertConfig(
    vocab_size=30522,
    hidden_size=384,
    num_hidden_layers=6,
    num_attention_heads=12,
    intermediate_size=1536,
    num_labels=4,
    hidden_dropout_prob=0.0,
    attention_probs_dropout_prob=0.0,
)
lora = LoraConfig(task_type=TaskType.SEQ_CLS, r=8, lora_alpha=16, lora_dropout=0.0, target_modules=["query", "value"])
model = get_peft_model(BertForSequenceClassification(config), lora).train()
trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
optimizer = torch.optim.AdamW(trained, lr=1e-4)
batch = {
    "input_ids": torch.randint(0, 30522, (rows, tokens)),
    "attention_mask": torch.ones(rows, tokens, dtype=torch.long),
    "labels": torch.arange(rows) % 4,
}


def step():
    loss = model(**batch).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(trained, 1.0)
    optimizer.step()
    optimizer.zero_grad()


print(json.dumps({"torch": torch.__version__, "peft": peft.__version__}), flush=True)
for _ in sys.stdin:
    cpu, wall = time.process_time(), time.perf_counter()
    step()
    cpu_ms, wall_ms = 1000 * (time.process_time() - cpu), 1000 * (time.perf_counter() - wall)
    print(json.dumps({"cpuMs": cpu_ms, "wallMs": wall_ms}), flush=True)
