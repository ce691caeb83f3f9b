"""Do two processes train as one? MultiWorkerMirroredStrategy over the loopback interface.

Each process has data of its own; the gradients are summed over both, so both must
come to the same weights: w <- w - 0.1 * 2 w (1 + 2), three times.
"""

import json

import prove_children
import tensorflow as tf
from prove_results import Results

WORLD, STEPS = 2, 3


def worker(rank):
    tf.config.set_visible_devices([], "GPU")  # two processes on one GPU would be another matter
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    with strategy.scope():
        weights = tf.Variable([1.0, 2.0])

    @tf.function
    def step(factor):
        def replica(factor):
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(weights * weights * factor)
            gradient = tape.gradient(loss, weights)
            gradient = tf.distribute.get_replica_context().all_reduce("sum", gradient)
            weights.assign_sub(0.1 * gradient)
            return gradient

        return strategy.run(replica, args=(factor,))

    for _ in range(STEPS):
        gradient = step(tf.constant(float(rank + 1)))
    local = strategy.experimental_local_results
    return {
        "replicas": int(strategy.num_replicas_in_sync),
        "weights": [float(value) for value in local(weights)[0].numpy()],
        "gradient": [float(value) for value in local(gradient)[0].numpy()],
    }


def run(options):
    addresses = ["127.0.0.1:%d" % port for port in prove_children.ports(WORLD)]
    # a proxy for the loopback interface would be asked for the other process
    tasks = [
        {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": rank}} for rank in range(WORLD)
    ]
    variables = [{"TF_CONFIG": json.dumps(task), "no_proxy": "127.0.0.1,localhost"} for task in tasks]
    found = prove_children.together(
        __file__, worker, [(rank,) for rank in range(WORLD)], options["scratch"], options["wait"], variables
    )
    results = Results()
    for rank, entry in enumerate(found):
        name = "process %d" % rank
        if "result" not in entry:
            results.append({"name": name, "error": entry["error"]})
            continue
        told = entry["result"]
        results.equal(name + " replicas", told["replicas"], WORLD)
        expected = [0.4**STEPS, 2 * 0.4**STEPS]
        results.near(name, told["weights"], expected, terms=2, layers=3 * STEPS)
    if all("result" in entry for entry in found):
        results.equal("both", found[0]["result"]["weights"], found[1]["result"]["weights"])
        results.equal("gradient", found[0]["result"]["gradient"], found[1]["result"]["gradient"])
    return {"results": results, "said": {"processes": WORLD}}
