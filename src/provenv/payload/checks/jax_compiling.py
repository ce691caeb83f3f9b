"""Does what `jit` and `vmap` make of a function compute what the function computes step by step?"""

import jax
import jax.numpy as jnp
import prove_network
from prove_results import Results


def network(inputs, layers):
    for weights, biases in layers:
        inputs = jnp.tanh(inputs @ weights + biases)
    return inputs


def repeated(inputs, layers):
    """Compute the layers in a loop, which XLA compiles as one."""
    weights, biases = (jnp.stack(part) for part in zip(*layers))  # noqa: B905 - before Python 3.10
    step = lambda values, layer: (jnp.tanh(values @ layer[0] + layer[1]), None)  # noqa: E731
    return jax.lax.scan(step, inputs, (weights, biases))[0]


WAYS = {
    "eager": network,
    "jit": jax.jit(network),
    "jit.scan": jax.jit(repeated),
    "vmap": jax.vmap(network, in_axes=(0, None)),
    "jit.vmap": jax.jit(jax.vmap(network, in_axes=(0, None))),
    "checkpoint": jax.jit(jax.checkpoint(network)),
}


def run(options):
    jax.config.update("jax_default_matmul_precision", "highest")
    exact = prove_network.exact()
    inputs, layers = prove_network.parts()
    results = Results()
    found = [device for device in jax.local_devices() if device.platform != "cpu"]
    for device in [jax.local_devices(backend="cpu")[0], *found]:
        with jax.default_device(device):
            values = jnp.asarray(inputs, dtype="float32")
            pairs = [(jnp.asarray(w, dtype="float32"), jnp.asarray(b, dtype="float32")) for w, b in layers]
            for kind, way in WAYS.items():
                name = "%s %s:%d" % (kind, device.platform, device.id)
                with results.attempt(name):
                    results.near(
                        name,
                        way(values, pairs),
                        exact,
                        prove_network.TERMS,
                        layers=prove_network.LAYERS,
                        magnitude=1.0,
                    )
    return {"results": results}
