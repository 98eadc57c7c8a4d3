"""Functions of all parameters together: their gradients clipped, and all of them as one vector."""

import numpy as np
from tests.conformance.library import array
from tests.conformance.trial import Case, Trial, Within

SECTION = "Optimisers"
SHAPES = ([(3, 4), (5,)], [()], [(0,), (2, 3)], [(4,), (2, 1, 3), (1,)], [])


def clipped(name, choices, note=""):
    """Make the case of a function that clips gradients, of which some may be missing or not finite."""

    def draw(d):
        shapes, options = d.pick(*(SHAPES[:2] if note else SHAPES), SHAPES[3]), d.options(**choices)
        missing, alone = [i > 0 and d.chance(0.2) for i in range(len(shapes))], d.chance(0.2)
        grads = [d.normal(s, d.pick(1e-3, 1.0, 100.0)) for s in shapes]
        for g in grads:
            if g.size and d.chance(0.15):
                g.flat[0] = d.pick(np.nan, np.inf, -np.inf)
        if name == "clip_grads_with_norm_":
            options["total_norm"] = np.asarray(np.abs(d.normal(())))

        def run(lib):
            params = [lib.tensor(np.zeros_like(g), True) for g in grads]
            for p, g, without in zip(params, grads, missing, strict=True):
                p.grad = None if without else lib.tensor(g.copy())
            given = params[0] if alone and params else params
            result = getattr(lib.nn.utils, name)(given, **{k: lib.given(v) for k, v in options.items()})
            found = [] if result is None else [array(result)]
            return {"forward": found + [array(p.grad) for p in params if p.grad is not None]}

        return Trial(run, grads, options)

    return Case(f"nn.utils.{name}", SECTION, draw, {"forward": Within(8, "terms")}, note=note)


def total_norm(d):
    arrays, options = [d.normal(s, d.pick(1e-3, 1.0, 100.0)) for s in d.pick(*SHAPES)], d.options(**NORM)

    def run(lib):
        return {"forward": [array(lib.nn.utils.get_total_norm([lib.tensor(x) for x in arrays], **options))]}

    return Trial(run, arrays, options)


def joined(d):
    arrays = [d.values(s) for s in d.pick(*SHAPES)]

    def run(lib):
        return {"exact": [array(lib.nn.utils.parameters_to_vector([lib.tensor(x, True) for x in arrays]))]}

    return Trial(run, arrays)


def parted(d):
    starts = [d.normal(s) for s in d.pick(*SHAPES)]
    vector = d.normal((sum(x.size for x in starts) + d.pick(0, 0, 0, 1, -1) * bool(starts),))
    wrong = d.chance(0.1)

    def run(lib):
        params = [lib.tensor(x.copy(), True) for x in starts]
        lib.nn.utils.vector_to_parameters(vector.tolist() if wrong else lib.tensor(vector), params)
        return {"exact": [*map(array, params), np.array([p.requires_grad for p in params])]}

    return Trial(run, [vector])


FOREACH = {"foreach": (None, False, True)}
NORM = {
    "norm_type": (2.0, 1, 2, 3, 0.5, 0, float("inf"), float("-inf"), "inf"),
    "error_if_nonfinite": (False, True),
    **FOREACH,
}
MOST = {"max_norm": (1.0, 0.01, 1e3, 0, 2)}
NOTHING = "Without gradients, and with some that have no elements, PyTorch refuses what is defined here."
CASES = [
    clipped("clip_grad_norm_", {**MOST, **NORM}),
    clipped("clip_grads_with_norm_", {**MOST, **FOREACH}),
    clipped("clip_grad_value_", {"clip_value": (1.0, 0.01, 50, 0), **FOREACH}, NOTHING),
    Case("nn.utils.get_total_norm", SECTION, total_norm, {"forward": Within(8, "terms")}),
    Case("nn.utils.parameters_to_vector", SECTION, joined, {}),
    Case("nn.utils.vector_to_parameters", SECTION, parted, {}),
]
