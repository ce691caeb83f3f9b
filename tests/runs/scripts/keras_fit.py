"""Keras' `fit` with a validation, on whichever backend KERAS_BACKEND names."""

import keras
import numpy

keras.utils.set_random_seed(2)
inputs = numpy.random.rand(96, 8).astype("float32")
targets = inputs.sum(axis=1, keepdims=True)
hidden = keras.layers.Dense(16, activation="relu")
model = keras.Sequential([keras.Input((8,)), hidden, keras.layers.Dense(1)])
model.compile("sgd", "mse", metrics=["mae"])
history = model.fit(inputs, targets, batch_size=16, epochs=3, validation_split=1 / 3, verbose=0)
print("last", history.history["loss"][-1])
