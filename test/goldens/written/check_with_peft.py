"""Loads every adapter of this folder, as Tessera's training wrote it, in PEFT, and compares.

    python3 check_with_peft.py            that PEFT gives the committed tensors
    python3 check_with_peft.py --write    computes them anew: cases/ and INDEX.json

For each adapter: PEFT warns of no key; what PEFT says it has loaded is the file, tensor by tensor and bit by bit; and the
model's outputs are the committed ones. `npm run goldens -- test/goldens/written` compares Tessera's with the same tensors.

Needs torch, transformers, peft and safetensors.
"""
import json
import os
import re
import sys
import warnings
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import peft
import safetensors
import tokenizers
import torch
import transformers
from peft import PeftModel, get_peft_model_state_dict
from safetensors.torch import load_file, save_file
from transformers import (
    AutoModel,
    AutoModelForMaskedLM,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
)

HERE = Path(__file__).resolve().parent
BASES = HERE.parent / "base"
# Task by the model class that the adapter's card names: the golden set's name for it, and the class of transformers.
TASKS = {
    "sequence_classification": ("seqcls", AutoModelForSequenceClassification),
    "token_classification": ("tokcls", AutoModelForTokenClassification),
    "masked_lm": ("mlm", AutoModelForMaskedLM),
    "embedding": ("features", AutoModel),
}
# Written for this purpose.
TEXTS = [
    "The rain fell over the harbour.",
    "She bought apples and bread at the market, then took the late train home.",
    "Won!",
    "Order 48213 was shipped on 12/07/2021.",
]
# The tolerance is this many times the distance between a float32 and a float64 run.
MARGIN, LEAST = 40, 1e-5


def load(folder, card, dtype):
    base = BASES / folder.name.split("_")[0]
    model = TASKS[card["task"]][1].from_pretrained(
        base, dtype=dtype, attn_implementation="eager", **({"num_labels": len(card["labels"])} if "labels" in card else {})
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # PEFT warns of keys that it misses or has no place for
        model = PeftModel.from_pretrained(model, folder)
    return base, model.to(dtype).eval()


def outputs(base, model, task):
    tokenizer = AutoTokenizer.from_pretrained(base)
    inputs = tokenizer(TEXTS, padding=True, return_tensors="pt")
    if "DistilBert" in type(model.get_base_model()).__name__:
        inputs.pop("token_type_ids", None)
    with torch.no_grad():
        out = model(**inputs)
    if task == "embedding":
        mask = inputs["attention_mask"].unsqueeze(-1).to(out.last_hidden_state.dtype)
        mean = (out.last_hidden_state * mask).sum(1) / mask.sum(1)
        tensors = {"last_hidden_state": out.last_hidden_state, "mean_pooled": mean}
    else:
        tensors = {"logits": out.logits}
    return inputs, tensors


def compare_keys(folder, model):
    """What PEFT has loaded is what the file holds."""
    written = load_file(folder / "adapter_model.safetensors")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it takes the bias of `lora_bias` for a matrix of a wrong shape
        loaded = get_peft_model_state_dict(model, save_embedding_layers=False)
    extra = set(loaded) - set(written)
    if getattr(model.peft_config["default"], "bias", "none") == "all":
        # PEFT then gives every bias there is: also the pooler's, which is the base's, and the head's once more.
        extra -= {name for name in extra if re.search(r"(pooler\.dense|modules_to_save|original_module)\.bias$", name)}
    missing = set(written) - set(loaded)
    assert not missing and not extra, f"keys: missing {sorted(missing)}, extra {sorted(extra)}"
    for name, tensor in written.items():
        assert torch.equal(tensor, loaded[name]), f"{name}: differs"
    return len(written)


def distance(a, b, inputs):
    """Largest difference over what is defined: of outputs for each token, those that are no padding."""
    gap = 0.0
    for name in a:
        delta = (a[name].double() - b[name].double()).abs()
        if delta.dim() == 3:
            length = inputs["attention_mask"].shape[1]
            delta = delta[:, -length:] * inputs["attention_mask"].unsqueeze(-1)
        gap = max(gap, delta.max().item())
    return gap


def check(folder, write):
    card = json.loads((folder / "card.json").read_text())
    task = TASKS[card["task"]][0]
    base, model = load(folder, card, torch.float32)
    count = compare_keys(folder, model)
    inputs, tensors = outputs(base, model, card["task"])
    names = [f"cases/{folder.name}.json", f"cases/{folder.name}.safetensors"]
    if write:
        _, exact = outputs(*load(folder, card, torch.float64), card["task"])
        gap = distance(tensors, exact, inputs)
        tolerance = {"abs": max(LEAST, float(f"{MARGIN * gap:.1e}")), "fp64_gap": gap}
        case = {
            "id": f"written/{folder.name}",
            "base": f"../base/{base.name}",
            "adapter": f"adapters/{folder.name}",
            "texts": TEXTS,
            "tolerance": tolerance,
            "tensors_file": names[1],
        }
        (HERE / names[0]).write_text(json.dumps(case, indent=1) + "\n")
        integers = {name: held.to(torch.int32) for name, held in inputs.items()}
        save_file({**integers, **{name: held.contiguous() for name, held in tensors.items()}}, HERE / names[1])
    case = json.loads((HERE / names[0]).read_text())
    gap = distance(tensors, load_file(HERE / names[1]), inputs)
    bound = case["tolerance"]["abs"]
    assert gap <= bound, f"outputs: expected at most {bound}, got {gap}"
    print(f"PASS {folder.name} {count} tensors, outputs within {gap:.1e} of {bound:.1e}")
    method = json.loads((folder / "adapter_config.json").read_text())["peft_type"].lower()
    family = base.name
    return {
        **{"id": case["id"], "group": "B", "family": family, "task": task, "method": method, "files": names},
        **{"refs": [case["base"], case["adapter"]], "tolerance": case["tolerance"]},
    }


def main():
    transformers.logging.set_verbosity_error()  # it tells of heads that a base does not have: the adapters bring theirs
    transformers.logging.disable_progress_bar()
    write = sys.argv[1:] == ["--write"]
    (HERE / "cases").mkdir(exist_ok=True)
    entries, failed = [], 0
    for folder in sorted((HERE / "adapters").iterdir()):
        try:
            entries.append(check(folder, write))
        except Exception as error:
            failed += 1
            print(f"FAIL {folder.name} {type(error).__name__}: {error}")
    if write:
        modules = [torch, transformers, peft, tokenizers, safetensors]
        versions = {module.__name__: module.__version__ for module in modules}
        index = {"versions": versions, "count": len(entries), "cases": entries}
        (HERE / "INDEX.json").write_text(json.dumps(index, indent=1) + "\n")
    print(f"{len(entries)} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
