"""Is a transformer the same after another process has loaded it? Saved whole, and in several files."""

import os

import prove_children
import prove_transformers
import torch
from prove_results import Results, digest

WAYS = {"whole": "5GB", "in parts": "20KB"}


def seen(model):
    with torch.no_grad():
        logits = model(input_ids=prove_transformers.tokens()).logits
    return {
        "weights": digest(*(value.detach().numpy() for _, value in sorted(model.state_dict().items()))),
        "logits": digest(logits.numpy()),
    }


def save(folder):
    torch.set_num_threads(1)
    model = prove_transformers.model(seed=4)
    files = {}
    for name, size in WAYS.items():
        model.save_pretrained(os.path.join(folder, name), max_shard_size=size)
        files[name] = sorted(os.listdir(os.path.join(folder, name)))
    return {"files": files, **seen(model)}


def load(folder, name):
    torch.set_num_threads(1)
    return seen(prove_transformers.LlamaForCausalLM.from_pretrained(os.path.join(folder, name)).eval())


def run(options):
    folder, results = options["scratch"], Results()
    saved = prove_children.elsewhere(__file__, save, (folder,), folder, options["wait"])
    for name in WAYS:
        with results.attempt(name):
            found = prove_children.elsewhere(__file__, load, (folder, name), folder, options["wait"])
            results.equal(name + " weights", found["weights"], saved["weights"])
            results.equal(name + " logits", found["logits"], saved["logits"])
    parts = [name for name in saved["files"]["in parts"] if name.endswith((".safetensors", ".bin"))]
    results.equal("several files", len(parts) > 1, True)
    return {"results": results, "said": {"files": len(parts)}}
