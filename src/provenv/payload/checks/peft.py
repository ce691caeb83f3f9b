"""Does an adapter do what its merged weights do, learn alone, and come back from its file?"""

import os

import prove_transformers
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from prove_results import Results, digest

RANK = 4
BOUND = {"terms": prove_transformers.DEEP, "layers": prove_transformers.PRODUCTS}


def logits(model):
    with torch.no_grad():
        return model(input_ids=prove_transformers.tokens()).logits.numpy()


def run(options):
    torch.set_num_threads(1)
    results, inputs = Results(), prove_transformers.tokens()
    base = digest(logits(prove_transformers.model()))
    config = LoraConfig(r=RANK, lora_alpha=8, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")
    model = get_peft_model(prove_transformers.model(), config)
    results.equal("fresh adapter", digest(logits(model)), base)
    trained = [value for value in model.parameters() if value.requires_grad]
    kept = {name: value.clone() for name, value in model.named_parameters() if not value.requires_grad}
    optimizer = torch.optim.AdamW(trained, lr=0.02)
    losses = []
    for _ in range(8):
        optimizer.zero_grad()
        loss = model(input_ids=inputs, labels=inputs).loss
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    results.equal("learns", losses[-1] < losses[0], True)
    same = all(torch.equal(value, kept[name]) for name, value in model.named_parameters() if name in kept)
    results.equal("base weights stay", same, True)
    model.eval()
    adapted = logits(model)
    folder = os.path.join(options["scratch"], "adapter")
    model.save_pretrained(folder)
    with results.attempt("loaded"):
        loaded = PeftModel.from_pretrained(prove_transformers.model(), folder).eval()
        results.equal("loaded", digest(logits(loaded)), digest(adapted))
    with results.attempt("merged"):
        results.near("merged", logits(model.merge_and_unload()), adapted, **BOUND)
    return {"results": results, "said": {"rank": RANK}}
