"""Distances and similarities of vectors, as modules and as functions."""

import numpy as np
from tests.conformance.cases.layers import TERMS, function, layer


def vectors(d):
    shape = d.pick((4, 3), (3,), (2, 3, 4), (0, 3), (1, 1), (5, 33))
    x, y = (d.values(shape, special=(), huge=1e4, tiny=1e-6) for _ in range(2))
    return [x, y[:1] if d.chance(0.2) else y]


def pairwise_module(d):
    options = d.options(p=(2.0, 1.0, 3.0, 0.5, float("inf"), 0.0), eps=(1e-6, 0.1), keepdim=(False, True))
    return vectors(d), options, {"sizes": {"backward": 4}, "needs": [options["p"] != 0] * 2}


def sizes(x, dim, eps, p=2.0):
    """Return what the terms of a gradient are no larger than: grad / |x|, for grad below 4."""
    if not -x.ndim <= dim < x.ndim:
        return 0
    length = np.linalg.norm(x.astype(np.float64), p, axis=dim, keepdims=True)
    return np.broadcast_to(4 / np.maximum(length, eps), x.shape)


def cosine(d):
    pair, options = vectors(d), d.options(dim=(1, 0, -1, 2), eps=(1e-8, 0.1))
    backward = [sizes(x, **options) for x in pair]
    return pair, options, {"sizes": {"forward": 1, "backward": backward}}


def normal(d):
    x = d.values(d.shape(), special=(), huge=1e4, tiny=1e-6)
    options = d.options(p=(2.0, 1.0, 3.0, float("inf")), dim=(1, 0, -1), eps=(1e-12, 0.1))
    return [x], options, {"sizes": {"backward": sizes(x, **options)}}


AT_ZERO = "For p = 0 there is no gradient: None in PyTorch, 0 with us."
CASES = [
    layer("PairwiseDistance", pairwise_module, TERMS, note=AT_ZERO),
    layer("CosineSimilarity", cosine, TERMS),
    function("pairwise_distance", pairwise_module, TERMS, note=AT_ZERO),
    function("cosine_similarity", cosine, TERMS),
    function("normalize", normal, TERMS, refused={"out": None}),
]
