"""Are JAX's gradients those of the functions? Compares them with central differences in float64."""

import jax
import jax.numpy as jnp
import prove_differences


def cases():
    """Return {name: (function, arrays)}; the functions are smooth at the inputs."""
    draw = prove_differences.inputs
    labels = jnp.array([0, 2, 1])
    return {
        "matmul": (jnp.matmul, draw((3, 4), (4, 2))),
        "conv2d": (lambda x, w: jax.lax.conv(x, w, (1, 1), "SAME"), draw((1, 2, 4, 4), (2, 2, 3, 3))),
        "softmax": (jax.nn.softmax, draw((3, 4))),
        "log_softmax": (lambda x: jax.nn.log_softmax(x)[jnp.arange(3), labels], draw((3, 4))),
        "standardize": (jax.nn.standardize, draw((5, 3))),
        "gelu": (jax.nn.gelu, draw((3, 4))),
        "tanh": (jnp.tanh, draw((3, 4))),
        "cholesky": (lambda x: jnp.linalg.cholesky(x @ x.T + jnp.eye(3)), draw((3, 3))),
        "scan": (lambda x: jax.lax.scan(lambda c, row: (jnp.sin(c + row), c), x[0], x)[0], draw((4, 3))),
        "gather": (lambda w: w[labels], draw((3, 4))),
    }


def prepare(function):
    """Return the value and the gradients of a weighted sum of what the function gives."""

    def value(*arrays):
        result = function(*arrays)
        weights = jnp.linspace(0.5, 1.5, result.size).reshape(result.shape)
        return jnp.sum(result * weights)

    def gradients(*arrays):
        return jax.jit(jax.grad(value, argnums=tuple(range(len(arrays)))))(*arrays)

    return jax.jit(value), gradients


def run(options):
    jax.config.update("jax_enable_x64", True)
    with jax.default_device(jax.local_devices(backend="cpu")[0]):
        return {"results": prove_differences.compare(cases(), prepare)}
