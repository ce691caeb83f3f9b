"""Do numpy's generators give the numbers that their seed stands for: twice, and in another process?"""

import hashlib
import json
import subprocess
import sys

import numpy


def draws():
    """Return {generator: what it gives}; raw streams and RandomState stay as they are (NEP 19)."""
    generator = numpy.random.default_rng(2024)
    legacy = numpy.random.RandomState(2024)
    return {
        "PCG64": [int(value) for value in numpy.random.PCG64(2024).random_raw(4)],
        "MT19937": [int(value) for value in numpy.random.MT19937(2024).random_raw(4)],
        "Philox": [int(value) for value in numpy.random.Philox(2024).random_raw(4)],
        "RandomState": [float(value) for value in legacy.random_sample(4)],
        "RandomState.randint": [int(value) for value in legacy.randint(0, 1000, 4)],
        "default_rng": hashlib.sha256(
            generator.standard_normal(256).tobytes() + generator.integers(0, 1000, 256).tobytes()
        ).hexdigest()[:16],
    }


def run(options):
    done = subprocess.run(
        [sys.executable, "-I", __file__, "draw"], stdout=subprocess.PIPE, check=True, timeout=options["wait"]
    )
    return {"runs": [draws(), draws(), json.loads(done.stdout.decode().splitlines()[-1])]}


if __name__ == "__main__" and sys.argv[1:] == ["draw"]:
    sys.stdout.write(json.dumps(draws()) + "\n")
