"""Does greedy generation give the same words twice, with the cache and without?"""

import prove_transformers
import torch
from prove_results import Results

NEW = 16


def generate(model, inputs, **more):
    found = model.generate(
        inputs,
        attention_mask=torch.ones_like(inputs),
        do_sample=False,
        max_new_tokens=NEW,
        min_new_tokens=NEW,
        pad_token_id=0,
        **more,
    )
    return found.tolist()


def run(options):
    torch.set_num_threads(1)
    # in float64, so that no two words are as likely as each other within rounding
    model, inputs = prove_transformers.model().double(), prove_transformers.tokens(2, 6)
    results = Results()
    first = generate(model, inputs)
    results.equal("length", [len(row) for row in first], [6 + NEW] * 2)
    results.equal("again", generate(model, inputs), first)
    results.equal("without cache", generate(model, inputs, use_cache=False), first)
    results.equal("alone", generate(model, inputs[1:]), first[1:])
    with torch.no_grad():
        words = inputs
        for _ in range(NEW):  # word by word, as it is defined
            logits = model(input_ids=words).logits[:, -1]
            logits[:, 2] = -float("inf")  # the end may not come yet
            words = torch.cat([words, logits.argmax(dim=1, keepdim=True)], dim=1)
    results.equal("step by step", words.tolist(), first)
    return {"results": results, "said": {"words": NEW}}
