"""Do two processes train as one under Lightning's DDP? Both must hold the same weights at the end."""

import prove_children
import prove_lightning
import torch
from prove_results import Results, digest

WORLD, EPOCHS = 2, 1


def rank(number, folder):
    torch.set_num_threads(1)
    model = prove_lightning.model(seed=number)  # other weights in each: DDP has to make them one
    seen, _, _ = prove_lightning.data()
    trainer = prove_lightning.trainer(folder, EPOCHS, accelerator="cpu", strategy="ddp", devices=WORLD)
    trainer.fit(model, prove_lightning.loader(seen))
    return {
        "rank": trainer.global_rank,
        "world": trainer.world_size,
        "steps": trainer.global_step,
        "first": model.losses[0],
        "weights": digest(*(value.detach().numpy() for value in model.parameters())),
    }


def run(options):
    port = str(prove_children.ports(1)[0])
    variables = [
        {
            "LOCAL_RANK": str(number), "NODE_RANK": "0", "WORLD_SIZE": str(WORLD), "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": port,
        }
        for number in range(WORLD)
    ]  # fmt: skip
    folder, results = options["scratch"], Results()
    calls = [(number, folder) for number in range(WORLD)]
    found = prove_children.together(__file__, rank, calls, folder, options["wait"], variables)
    for number, entry in enumerate(found):
        if "result" not in entry:
            results.append({"name": "rank %d" % number, "error": entry["error"]})
            continue
        told = entry["result"]
        results.equal("rank %d" % number, [told["rank"], told["world"]], [number, WORLD])
    if all("result" in entry for entry in found):
        first, second = (entry["result"] for entry in found)
        results.equal("weights", first["weights"], second["weights"])
        results.equal("steps", first["steps"], second["steps"])
        results.equal("data of their own", first["first"] != second["first"], True)
    return {"results": results, "said": {"processes": WORLD}}
