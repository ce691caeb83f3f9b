"""Do boosted trees learn, and give the same again: saved and loaded elsewhere, with more threads?"""

import os

import numpy
import prove_children
import prove_learning
from prove_results import Results, digest


# trained by one thread: so little data gains nothing from more, and loses much where cores are shared
class XGBoost:
    file = "model.ubj"

    def __init__(self, device):
        self.device = device

    def train(self, images, labels):
        import xgboost

        settings = {"objective": "multi:softprob", "num_class": 10, "eta": 0.3, "max_depth": 4, "nthread": 1}
        if self.device == "cuda":
            if not xgboost.build_info().get("USE_CUDA"):
                raise RuntimeError("this XGBoost is built without CUDA")
            settings.update(device="cuda")
        settings.update(tree_method="hist", seed=0)
        return xgboost.train(settings, xgboost.DMatrix(images, labels), 40)

    def predict(self, model, images, threads=1):
        import xgboost

        model.set_param({"nthread": threads})
        return model.predict(xgboost.DMatrix(images, nthread=threads))

    def save(self, model, path):
        model.save_model(path)

    def load(self, path):
        import xgboost

        model = xgboost.Booster()
        model.load_model(path)
        return model


class LightGBM:
    file = "model.txt"

    def __init__(self, device):
        pass  # the wheels compute on the CPU; what runs on a GPU is built from source

    def train(self, images, labels):
        import lightgbm

        settings = {"objective": "multiclass", "num_class": 10, "num_leaves": 15, "num_threads": 1}
        settings.update(verbose=-1, seed=0, deterministic=True, force_row_wise=True)
        return lightgbm.train(settings, lightgbm.Dataset(images, labels), 40)

    def predict(self, model, images, threads=1):
        return model.predict(images, num_threads=threads)

    def save(self, model, path):
        model.save_model(path)

    def load(self, path):
        import lightgbm

        return lightgbm.Booster(model_file=path)


class CatBoost:
    file = "model.cbm"

    def __init__(self, device):
        self.device = "GPU" if device == "cuda" else "CPU"

    def train(self, images, labels):
        import catboost

        settings = {"iterations": 80, "depth": 4, "learning_rate": 0.3, "random_seed": 0, "thread_count": 1}
        settings.update(loss_function="MultiClass", verbose=False, allow_writing_files=False)
        return catboost.CatBoost(dict(settings, task_type=self.device)).fit(images, labels)

    def predict(self, model, images, threads=1):
        return model.predict(images, prediction_type="Probability", thread_count=threads, task_type="CPU")

    def save(self, model, path):
        model.save_model(path)

    def load(self, path):
        import catboost

        return catboost.CatBoost().load_model(path)


LIBRARIES = {"XGBoost": XGBoost, "LightGBM": LightGBM, "CatBoost": CatBoost}


def data():
    images, labels, name = prove_learning.digits()
    return numpy.asarray(images, dtype="float32").reshape(len(images), -1), numpy.asarray(labels), name


def train(name, device, folder):
    """Train and save; return the accuracy, and the digest of what is predicted."""
    library = LIBRARIES[name](device)
    images, labels, which = data()
    seen, held = prove_learning.split(len(images))
    model = library.train(images[seen], labels[seen])
    answers = library.predict(model, images[held])
    library.save(model, os.path.join(folder, library.file))
    share = float((answers.argmax(axis=1) == labels[held]).mean())
    return {"accuracy": share, "answers": digest(answers), "data": which}


def run(options):
    name, folder, results = options["library"], options["scratch"], Results()
    device = options.get("device", "cpu")
    trained = prove_children.elsewhere(__file__, train, (name, device, folder), folder, options["wait"])
    results.accuracy(trained["data"], trained["accuracy"])
    library = LIBRARIES[name]("cpu")
    images, _, which = data()
    _, held = prove_learning.split(len(images))
    model = library.load(os.path.join(folder, library.file))
    for threads in (1, 2):
        with results.attempt("loaded, %d threads" % threads):
            found = digest(library.predict(model, images[held], threads))
            # a GPU sums in another order than the CPU that reads its model
            if device == "cpu":
                results.equal("loaded, %d threads" % threads, found, trained["answers"])
    return {"results": results, "said": {"library": name, "data": which, "device": device}}
