"""Does Keras 2 learn and keep models? It is `tf_keras` today, and TensorFlow's own before 2.16."""

import os

import prove_children
import prove_learning
from prove_results import Results, digest

FORMATS = {"h5": "model.h5", "SavedModel": "model"}


def load_keras():
    """Return Keras 2, wherever it lies here."""
    try:
        import tf_keras

        return tf_keras
    except ImportError:
        from tensorflow import keras

        return keras


def train(folder, epochs):
    keras = load_keras()
    import numpy

    keras.utils.set_random_seed(0)
    images, labels, data = prove_learning.digits()
    seen, held = prove_learning.split(len(images))
    images, labels = numpy.asarray(images, dtype="float32")[..., None], numpy.asarray(labels)
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.InputLayer((8, 8, 1)),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(1e-2), "sparse_categorical_crossentropy")
    history = model.fit(images[seen], labels[seen], batch_size=32, epochs=epochs, verbose=0)
    for name in FORMATS.values():
        model.save(os.path.join(folder, name))
    answers = model.predict(images[held], verbose=0)
    numpy.savez(os.path.join(folder, "held.npz"), images=images[held], answers=answers)
    return {
        "accuracy": float((answers.argmax(axis=1) == labels[held]).mean()),
        "losses": [float(loss) for loss in history.history["loss"]],
        "weights": digest(*model.get_weights()),
        "data": data,
    }


def run(options):
    folder, results = options["scratch"], Results()
    trained = prove_children.elsewhere(__file__, train, (folder, options["epochs"]), folder, options["wait"])
    results.accuracy(trained["data"], trained["accuracy"])
    keras = load_keras()
    import numpy

    if not keras.__version__.startswith("2."):
        results.append({"name": "version", "error": "Keras is %s, not 2" % keras.__version__})
    with numpy.load(os.path.join(folder, "held.npz")) as file:
        images, answers = file["images"], file["answers"]
    for kind, name in FORMATS.items():
        with results.attempt(kind):
            model = keras.models.load_model(os.path.join(folder, name))
            results.equal(kind, digest(*model.get_weights()), trained["weights"])
            results.near(kind + " answers", model.predict(images, verbose=0), answers, 512, magnitude=1.0)
    said = {"data": trained["data"], "version": keras.__version__}
    return {"results": results, "losses": trained["losses"], "said": said}
