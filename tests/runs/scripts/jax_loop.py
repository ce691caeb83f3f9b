"""A loop in plain JAX with optax, compiled as everybody does it."""

import sys

import jax
import jax.numpy as jnp
import optax


def loss(weights, inputs, targets):
    return jnp.mean((inputs @ weights - targets) ** 2)


def step(weights, state, inputs, targets):
    value, gradients = jax.value_and_grad(loss)(weights, inputs, targets)
    updates, state = rule.update(gradients, state)
    return optax.apply_updates(weights, updates), state, value


rule = optax.sgd(0.1)
if sys.argv[1] == "compiled":
    step = jax.jit(step)
inputs = jax.random.normal(jax.random.PRNGKey(0), (16, 4))
weights, targets = jnp.zeros(4), inputs.sum(axis=1)
state = rule.init(weights)
for _ in range(10):
    weights, state, value = step(weights, state, inputs, targets)
print("last", float(value))
