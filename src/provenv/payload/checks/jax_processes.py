"""Do two processes compute as one? `jax.distributed` over the loopback interface, on their CPUs."""

import jax
import prove_children
from prove_results import Results

WORLD, SIZE = 2, 1000


def member(rank, port, wait):
    jax.config.update("jax_platforms", "cpu")  # two processes on one accelerator would be another matter
    try:
        jax.config.update("jax_cpu_collectives_implementation", "gloo")
    except AttributeError:
        return {"skipped": "no_collectives"}  # before JAX 0.4.27 CPUs of several processes could not add up
    jax.distributed.initialize("127.0.0.1:%d" % port, WORLD, rank, initialization_timeout=wait)
    values = jax.numpy.arange(SIZE, dtype="float32") * (rank + 1)
    summed = jax.pmap(lambda x: jax.lax.psum(x, "all"), axis_name="all")(values[None])
    gathered = jax.pmap(lambda x: jax.lax.all_gather(x, "all"), axis_name="all")(values[None, :1] + rank)
    local = summed.addressable_shards[0].data.reshape(-1)
    found = {
        "processes": jax.process_count(),
        "psum": float(abs(local - jax.numpy.arange(SIZE) * 3).max()),
        "all_gather": gathered.addressable_shards[0].data.reshape(-1).tolist(),
    }
    jax.distributed.shutdown()
    return found


def run(options):
    port = prove_children.ports(1)[0]
    # a proxy for the loopback interface would be asked for the other process
    variables = [{"no_proxy": "127.0.0.1,localhost", "no_grpc_proxy": "127.0.0.1,localhost"}] * WORLD
    calls = [(rank, port, int(options["wait"])) for rank in range(WORLD)]
    found = prove_children.together(__file__, member, calls, options["scratch"], options["wait"], variables)
    results = Results()
    for rank, entry in enumerate(found):
        name = "process %d" % rank
        if "result" not in entry:
            results.append({"name": name, "error": entry["error"]})
            continue
        told = entry["result"]
        if "skipped" in told:
            return told
        results.equal(name + " of", told["processes"], WORLD)
        results.equal(name + " psum", told["psum"], 0.0)
        results.equal(name + " all_gather", told["all_gather"], [0.0, 1.0])
    return {"results": results, "said": {"processes": WORLD}}
