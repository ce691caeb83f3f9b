"""Do JAX's keys give the same numbers twice, under `jit`, and in another process; and other keys others?"""

import jax
import prove_children
from prove_results import Results, digest

DRAWS = {
    "normal": lambda key: jax.random.normal(key, (64,)),
    "permutation": lambda key: jax.random.permutation(key, 64),
    "categorical": lambda key: jax.random.categorical(key, jax.numpy.zeros((8, 10))),
    "split": lambda key: jax.random.split(key, 3),
}


def draw(seed):
    """Return {name: digest} of what follows from the seed."""
    return {name: digest(function(jax.random.PRNGKey(seed))) for name, function in DRAWS.items()}


def run(options):
    # before any computation here: a forked child must not wait for threads that it did not inherit
    elsewhere = prove_children.elsewhere(__file__, draw, (7,), options["scratch"], options["wait"])
    first, again, other, results = draw(7), draw(7), draw(8), Results()
    for name, function in DRAWS.items():
        results.equal(name + " again", again[name], first[name])
        results.equal(name + " in another process", elsewhere[name], first[name])
        results.equal(name + " with another key", other[name] != first[name], True)
        # integers and bits are the same under jit; floating results may be fused
        if name != "normal":
            results.equal(name + " under jit", digest(jax.jit(function)(jax.random.PRNGKey(7))), first[name])
    return {"results": results, "said": {"draws": len(DRAWS)}}
