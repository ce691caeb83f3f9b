"""Does a small training learn? A network of plain JAX on images of digits."""

import random

import jax
import jax.numpy as jnp
import prove_learning
from prove_results import Results

BATCH = 64


def network(weights, images):
    hidden = jax.nn.relu(images.reshape(len(images), -1) @ weights["w1"] + weights["b1"])
    return hidden @ weights["w2"] + weights["b2"]


def loss(weights, images, labels):
    found = jax.nn.log_softmax(network(weights, images))
    return -jnp.mean(found[jnp.arange(len(labels)), labels])


@jax.jit
def epoch(state, batches):
    """Return the state after one pass, and the losses; the pass is one compiled loop."""

    def step(state, batch):
        weights, speed = state
        value, gradients = jax.value_and_grad(loss)(weights, *batch)
        speed = jax.tree_util.tree_map(lambda s, g: 0.9 * s + g, speed, gradients)
        return (jax.tree_util.tree_map(lambda w, s: w - 0.1 * s, weights, speed), speed), value

    return jax.lax.scan(step, state, batches)


def run(options):
    images, labels, data = prove_learning.digits()
    seen, held = prove_learning.split(len(images))
    held = jnp.asarray(held)
    images, labels = jnp.asarray(images, dtype="float32"), jnp.asarray(labels)
    keys = jax.random.split(jax.random.PRNGKey(0))
    weights = {
        "w1": jax.random.normal(keys[0], (64, 64)) * 0.18,
        "b1": jnp.zeros(64),
        "w2": jax.random.normal(keys[1], (64, 10)) * 0.18,
        "b2": jnp.zeros(10),
    }
    state, losses = (weights, jax.tree_util.tree_map(jnp.zeros_like, weights)), []
    count = len(seen) // BATCH * BATCH
    for number in range(options["epochs"]):
        random.Random(number).shuffle(seen)
        order = jnp.asarray(seen[:count]).reshape(-1, BATCH)
        state, found = epoch(state, (images[order], labels[order]))
        losses.append(float(found.mean()))
    results = Results()
    answers = jnp.argmax(network(state[0], images[held]), axis=1)
    results.accuracy(data, jnp.mean(answers == labels[held]))
    device = str(jax.local_devices()[0].device_kind)
    return {"results": results, "losses": losses, "said": {"data": data, "held": len(held), "device": device}}
