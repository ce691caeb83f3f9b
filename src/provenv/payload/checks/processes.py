"""Does joblib hand work to processes and get it back? scikit-learn's `n_jobs` stands on it."""

import os

from joblib import Parallel, delayed
from joblib.externals.loky import get_reusable_executor


def work(number):
    """Return the number's square and who computed it."""
    return number * number, os.getpid()


def run(options):
    # what is sent must be found in the workers, and this script is no module of theirs
    work.__module__ = "__main__"
    results = Parallel(n_jobs=2, backend="loky", timeout=options["wait"])(delayed(work)(n) for n in range(64))
    get_reusable_executor().shutdown(wait=True)
    return {
        "correct": [value for value, _ in results] == [n * n for n in range(64)],
        "processes": len({pid for _, pid in results}),
        "own": os.getpid() in {pid for _, pid in results},
    }
