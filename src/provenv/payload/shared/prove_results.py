"""What a check found, one entry for each thing that it asked; how far is far is judged at home.

    results = Results()
    with results.attempt("matmul"):
        results.near("matmul", found, exact, terms=64)

An entry has a name and one of: `distance` (with `dtype`, `terms` of the longest
sum, and how many `layers` of such sums follow each other), `equal` (with what
differed), `accuracy` (a share of 1), or `error`.
"""

import contextlib
import math


class Results(list):
    """The entries, and ways to add one."""

    @contextlib.contextmanager
    def attempt(self, name):
        """Note what goes wrong inside as the error of `name`, and go on."""
        try:
            yield
        except Exception as error:  # every library has its own kinds; the words are the evidence
            self.append({"name": name, "error": ("%s: %s" % (type(error).__name__, error))[:1000]})

    def near(self, name, found, exact, terms, dtype="float32", layers=1, magnitude=None):
        """Add the largest |found - exact|, over the magnitude (else over the largest |exact|)."""
        import numpy

        found = numpy.asarray(found, dtype="float64")
        exact = numpy.asarray(exact, dtype="float64")
        distance = math.inf
        if found.shape == exact.shape and numpy.isfinite(found).all():
            scale = float(numpy.abs(exact).max()) if magnitude is None else magnitude
            distance = float((numpy.abs(found - exact) / scale).max())
        entry = {"name": name, "distance": distance, "dtype": dtype, "terms": terms, "layers": layers}
        self.append(entry)

    def equal(self, name, found, expected):
        """Add whether both are the same, to the last bit."""
        same = found == expected
        entry = {"name": name, "equal": bool(same)}
        if not same:
            entry["told"] = "%.200s != %.200s" % (found, expected)
        self.append(entry)

    def accuracy(self, name, share):
        """Add the share of unseen samples that a training got right."""
        self.append({"name": name, "accuracy": float(share)})


def digest(*values):
    """Return a short digest of arrays: type, shape and every bit."""
    import hashlib

    import numpy

    found = hashlib.sha256()
    for value in values:
        array = numpy.ascontiguousarray(value)
        found.update(("%s %s" % (array.dtype, array.shape)).encode() + array.tobytes())
    return found.hexdigest()[:16]
