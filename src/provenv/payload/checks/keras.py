"""Does Keras 3 compute, learn and keep models on one of its backends?"""

import os

import prove_children
import prove_learning
import prove_reference
from prove_results import Results, digest


def load_keras(backend):
    """Import Keras for the backend; it asks for that once, at its import."""
    os.environ["KERAS_BACKEND"] = backend
    import keras

    if backend == "torch":
        import torch

        torch.set_num_threads(1)  # so small a network gains nothing from more, and loses much on shared cores
    if keras.backend.backend() != backend:
        raise RuntimeError("Keras took %s for its backend" % keras.backend.backend())
    return keras


def operations(keras):
    ops = keras.ops

    def convolve(images, kernels):
        moved = ops.transpose(images, (0, 2, 3, 1)), ops.transpose(kernels, (2, 3, 1, 0))
        return ops.transpose(ops.conv(*moved, 1, "valid", data_format="channels_last")[0], (2, 0, 1))

    return {
        "matmul": ops.matmul,
        "matmul.large": ops.matmul,
        "conv2d": convolve,
        "softmax": lambda a: ops.softmax(a, axis=1),
        "sum": lambda a: ops.sum(a, axis=1),
        "max": lambda a: ops.max(a, axis=1),
        "sort": lambda a: ops.sort(a, axis=1),
        "reversed": lambda a: ops.flip(a, axis=1),
    }


def compare(keras):
    """Return the distances of the backend's operations in float32, with whole products."""
    if keras.backend.backend() == "jax":
        import jax

        jax.config.update("jax_default_matmul_precision", "highest")
    elif keras.backend.backend() == "tensorflow":
        import tensorflow

        tensorflow.config.experimental.enable_tensor_float_32_execution(False)
    elif keras.backend.backend() == "torch":
        import prove_devices

        prove_devices.exact()
    table = operations(keras)

    def compute(name, inputs, device, dtype):
        found = table[name](*(keras.ops.convert_to_tensor(values, dtype=dtype) for values in inputs))
        return keras.ops.convert_to_numpy(found).tolist()

    found = prove_reference.compare(compute, ["default"], ("float32",))
    return [
        {"name": entry.pop("operation"), **{key: entry[key] for key in entry if key != "device"}}
        for entry in found
    ]


def train(backend, folder, epochs):
    """Compare, train and save; return what was found, and digests of what was saved."""
    keras = load_keras(backend)
    import numpy

    keras.utils.set_random_seed(0)
    images, labels, data = prove_learning.digits()
    seen, held = prove_learning.split(len(images))
    images, labels = numpy.asarray(images, dtype="float32")[..., None], numpy.asarray(labels)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(1e-2), "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(images[seen], labels[seen], batch_size=32, epochs=epochs, verbose=0)
    answers = model.predict(images[held], verbose=0)
    model.save(os.path.join(folder, "model.keras"))
    model.save_weights(os.path.join(folder, "model.weights.h5"))
    numpy.savez(os.path.join(folder, "held.npz"), images=images[held], answers=answers)
    return {
        "results": compare(keras),
        "accuracy": float((answers.argmax(axis=1) == labels[held]).mean()),
        "losses": [float(loss) for loss in history.history["loss"]],
        "weights": digest(*model.get_weights()),
        "data": data,
        "version": keras.__version__,
    }


def run(options):
    folder, backend, results = options["scratch"], options["backend"], Results()
    arguments = (backend, folder, options["epochs"])
    trained = prove_children.elsewhere(__file__, train, arguments, folder, options["wait"])
    results += trained["results"]
    results.accuracy(trained["data"], trained["accuracy"])
    keras = load_keras(backend)
    import numpy

    with numpy.load(os.path.join(folder, "held.npz")) as file:
        images, answers = file["images"], file["answers"]
    with results.attempt("saved model"):
        model = keras.models.load_model(os.path.join(folder, "model.keras"))
        results.equal("saved model", digest(*model.get_weights()), trained["weights"])
        # a GPU may take another algorithm this time: 144 and 256 terms are summed, then a softmax
        results.near("saved model's answers", model.predict(images, verbose=0), answers, 512, magnitude=1.0)
    with results.attempt("saved weights"):
        model = keras.models.clone_model(model)
        model.load_weights(os.path.join(folder, "model.weights.h5"))
        results.equal("saved weights", digest(*model.get_weights()), trained["weights"])
    return {
        "results": results,
        "losses": trained["losses"],
        "said": {"backend": backend, "data": trained["data"]},
    }
