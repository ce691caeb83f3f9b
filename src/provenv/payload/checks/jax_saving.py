"""Is what JAX saves the same after another process has read it?

A tree of arrays as NumPy's file and, where they are installed, by flax and by Orbax; a compiled
function by `jax.export`, which later versions of JAX must read.
"""

import os

import jax
import jax.numpy as jnp
import numpy
import prove_children
from prove_results import Results, digest


def tree():
    keys = jax.random.split(jax.random.PRNGKey(3), 2)
    return {
        "weights": jax.random.normal(keys[0], (16, 8)),
        "half": jax.random.normal(keys[1], (8,)).astype("bfloat16"),
        "steps": jnp.asarray(7, dtype="int32"),
    }


def function(inputs):
    return jnp.tanh(inputs @ tree()["weights"])


def inputs():
    return jax.random.uniform(jax.random.PRNGKey(9), (5, 16))


def seen(values):
    return digest(*(values[name] for name in sorted(values)))


def modules():
    """Return the libraries that are there: flax's serialization, Orbax, JAX's export."""
    found = {}
    for name in ("flax.serialization", "orbax.checkpoint", "jax.export"):
        try:
            if name == "jax.export":
                __import__("flatbuffers")  # it writes with them, but doesn't require them
            found[name] = __import__(name, fromlist=["_"])
        except ImportError:
            continue
    return found


def save(folder):
    values, libraries = tree(), modules()
    found = {"numpy": seen(values)}
    # NumPy has no bfloat16 of its own; its bits go as integers
    bits = dict(values, half=numpy.asarray(values["half"]).view("uint16"))
    numpy.savez(
        os.path.join(folder, "tree.npz"), **{name: numpy.asarray(value) for name, value in bits.items()}
    )
    if "flax.serialization" in libraries:
        with open(os.path.join(folder, "tree.msgpack"), "wb") as file:
            file.write(libraries["flax.serialization"].to_bytes(values))
        found["flax"] = seen(values)
    if "orbax.checkpoint" in libraries:
        with libraries["orbax.checkpoint"].StandardCheckpointer() as checkpointer:
            checkpointer.save(os.path.join(folder, "orbax"), values)
        found["orbax"] = seen(values)
    if "jax.export" in libraries:
        compiled = jax.jit(function)
        exported = libraries["jax.export"].export(compiled)(jax.ShapeDtypeStruct((5, 16), "float32"))
        with open(os.path.join(folder, "function.bin"), "wb") as file:
            file.write(exported.serialize())
        found["export"] = digest(exported.call(inputs()))
    return found


def load(folder):
    libraries = modules()
    with numpy.load(os.path.join(folder, "tree.npz")) as file:
        values = {name: file[name] for name in file.files}
    found = {"numpy": seen(dict(values, half=values["half"].view(jnp.bfloat16)))}
    empty = jax.tree_util.tree_map(jnp.zeros_like, tree())
    if "flax.serialization" in libraries:
        with open(os.path.join(folder, "tree.msgpack"), "rb") as file:
            found["flax"] = seen(libraries["flax.serialization"].from_bytes(empty, file.read()))
    if "orbax.checkpoint" in libraries:
        with libraries["orbax.checkpoint"].StandardCheckpointer() as checkpointer:
            found["orbax"] = seen(checkpointer.restore(os.path.join(folder, "orbax"), empty))
    if "jax.export" in libraries:
        with open(os.path.join(folder, "function.bin"), "rb") as file:
            exported = libraries["jax.export"].deserialize(bytearray(file.read()))
        found["export"] = digest(exported.call(inputs()))
    return found


def run(options):
    folder, results = options["scratch"], Results()
    saved = prove_children.elsewhere(__file__, save, (folder,), folder, options["wait"])
    loaded = prove_children.elsewhere(__file__, load, (folder,), folder, options["wait"])
    for name in saved:
        results.equal(name, loaded.get(name), saved[name])
    return {"results": results, "said": {"ways": ", ".join(saved)}}
