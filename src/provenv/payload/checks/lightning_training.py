"""Does Lightning's Trainer learn, and does a resumed training end as one that was never stopped?"""

import os

import prove_lightning
import torch
from prove_results import Results, digest

EPOCHS = 6


def weights(model):
    return digest(*(value.detach().cpu().numpy() for value in model.parameters()))


def run(options):
    torch.set_num_threads(1)  # so small a network gains nothing from more, and loses much on shared cores
    folder, results = options["scratch"], Results()
    seen, held, name = prove_lightning.data()
    batches = prove_lightning.loader(seen)
    model = prove_lightning.model()
    trainer = prove_lightning.trainer(folder, EPOCHS, accelerator="auto", devices=1)
    trainer.fit(model, batches)
    device = str(trainer.strategy.root_device)
    model = model.cpu().eval()
    with torch.no_grad():
        answers = model.network(held[0]).argmax(dim=1)
    results.accuracy(name, (answers == held[1]).float().mean())
    # on the CPU, where the same steps give the same bits
    with results.attempt("resumed"):
        whole = prove_lightning.model()
        prove_lightning.trainer(folder, 4, accelerator="cpu").fit(whole, batches)
        half, path = prove_lightning.model(), os.path.join(folder, "half.ckpt")
        trainer = prove_lightning.trainer(folder, 2, accelerator="cpu")
        trainer.fit(half, batches)
        trainer.save_checkpoint(path)
        resumed = prove_lightning.model(seed=5)
        trainer = prove_lightning.trainer(folder, 4, accelerator="cpu")
        trainer.fit(resumed, batches, ckpt_path=path)
        results.equal("epochs", trainer.current_epoch, 4)
        results.equal("resumed", weights(resumed), weights(whole))
        results.equal("stopped earlier", weights(half) != weights(whole), True)
    with results.attempt("loaded"):
        loaded = type(half).load_from_checkpoint(path)
        results.equal("loaded", weights(loaded), weights(half))
    return {"results": results, "said": {"data": name, "device": device, "held": len(held[0])}}
