"""Does Faiss find the nearest neighbours? Against all distances by NumPy."""

import os

import faiss
import numpy
from prove_results import Results

COUNT, ASKED, WIDTH, NEAREST = 2000, 20, 32, 5


def run(options):
    results, numbers = Results(), numpy.random.RandomState(3)
    base = numbers.standard_normal((COUNT, WIDTH)).astype("float32")
    asked = numbers.standard_normal((ASKED, WIDTH)).astype("float32")
    gaps = ((asked[:, None].astype("float64") - base[None].astype("float64")) ** 2).sum(axis=2)
    expected = numpy.argsort(gaps, axis=1)[:, :NEAREST]
    flat = faiss.IndexFlatL2(WIDTH)
    flat.add(base)
    distances, found = flat.search(asked, NEAREST)
    results.equal("all", found.tolist(), expected.tolist())
    # computed as |a|^2 - 2ab + |b|^2: the terms are larger than their sum
    size = float((asked**2).sum(axis=1).max() + (base**2).sum(axis=1).max())
    nearest = numpy.take_along_axis(gaps, expected, axis=1)
    results.near("distances", distances, nearest, terms=3 * WIDTH, magnitude=2 * size)
    with results.attempt("clusters"):
        clusters = faiss.IndexIVFFlat(faiss.IndexFlatL2(WIDTH), WIDTH, 16)
        clusters.train(base)
        clusters.add(base)
        clusters.nprobe = 16  # all of them, so that nothing may be missed
        results.equal("clusters", clusters.search(asked, NEAREST)[1].tolist(), expected.tolist())
    with results.attempt("saved"):
        path = os.path.join(options["scratch"], "index")
        faiss.write_index(clusters, path)
        results.equal("saved", faiss.read_index(path).search(asked, NEAREST)[1].tolist(), expected.tolist())
    gpus = faiss.get_num_gpus() if hasattr(faiss, "get_num_gpus") else 0
    if gpus and hasattr(faiss, "StandardGpuResources"):
        with results.attempt("gpu"):
            moved = faiss.index_cpu_to_gpu(faiss.StandardGpuResources(), 0, flat)
            results.equal("gpu", moved.search(asked, NEAREST)[1].tolist(), expected.tolist())
    return {"results": results, "said": {"version": faiss.__version__, "vectors": COUNT, "gpus": gpus}}
