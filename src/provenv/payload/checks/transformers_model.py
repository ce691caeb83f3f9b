"""Does a transformer of Hugging Face's compute the same in float32 as in float64, alone and in a batch?

The bound counts the products that follow each other; between them norms keep the values at one size.
"""

import copy

import prove_devices
import prove_transformers
import torch
from prove_results import Results

BOUND = {"terms": prove_transformers.DEEP, "layers": prove_transformers.PRODUCTS}


def gradients(model, inputs):
    model.zero_grad()
    model(input_ids=inputs, labels=inputs).loss.backward()
    return torch.cat([value.grad.detach().reshape(-1).cpu().double() for value in model.parameters()]).numpy()


def run(options):
    prove_devices.exact()
    results, inputs = Results(), prove_transformers.tokens()
    model = prove_transformers.model()
    exact = copy.deepcopy(model).double()
    with torch.no_grad():
        reference = exact(input_ids=inputs).logits.numpy()
    slopes = gradients(exact, inputs)
    for device in ["cpu", *prove_devices.usable()[:1]]:
        moved = copy.deepcopy(model).to(device)
        given = inputs.to(device)
        with torch.no_grad():
            with results.attempt("forward " + device):
                found = moved(input_ids=given).logits.cpu().numpy()
                results.near("forward " + device, found, reference, **BOUND)
            with results.attempt("alone " + device):
                alone = torch.cat([moved(input_ids=row[None]).logits for row in given]).cpu().numpy()
                results.near("alone " + device, alone, reference, **BOUND)
            with results.attempt("padded " + device):
                # five empty places in front, which must not be looked at
                empty = torch.zeros(len(given), 5, dtype=given.dtype, device=device)
                mask = torch.cat([empty, torch.ones_like(given)], dim=1)
                places = torch.cat(
                    [empty, torch.arange(given.shape[1], device=device).expand_as(given)], dim=1
                )
                padded = torch.cat([empty, given], dim=1)
                found = moved(input_ids=padded, attention_mask=mask, position_ids=places).logits[:, 5:]
                results.near("padded " + device, found.cpu().numpy(), reference, **BOUND)
        with results.attempt("backward " + device):
            # the way back is as long again
            found = gradients(moved, given)
            results.near("backward " + device, found, slopes, BOUND["terms"], layers=2 * BOUND["layers"])
    return {"results": results, "said": {"model": type(model).__name__}}
