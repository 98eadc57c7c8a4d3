"""Initial values: what every function of ``nn.init`` fills a tensor with, after any seed."""

import numpy as np
from tests.conformance.library import ByLibrary, array
from tests.conformance.trial import Case, Trial, Within

SHAPES = [(), (1,), (7,), (0,), (5, 3), (3, 0), (4, 4), (2, 9), (1, 20), (40, 30), (6, 2, 3), (4, 2, 2, 2)]
KERNELS = [(4, 2, 3), (2, 4, 3, 3), (6, 3, 1, 2, 3), (5, 2, 4), (4, 4)]
NONLINEARITIES = ("linear", "sigmoid", "tanh", "relu", "leaky_relu", "selu", "conv1d", "no such")
FANS = {"a": (0, 0.3), "mode": ("fan_in", "fan_out", "no such"), "nonlinearity": ("leaky_relu", *NONLINEARITIES)}
OWN = ByLibrary(lambda lib: lib.root.Generator().manual_seed(5))
GENERATOR = {"generator": (None, OWN)}
OPTIONS = {
    "uniform_": {"a": (0.0, -0.3, 2.0), "b": (1.0, 0.3, -1.0), **GENERATOR},
    "normal_": {"mean": (0.0, 0.7), "std": (1.0, 0.02, -1.0), **GENERATOR},
    "trunc_normal_": {
        "mean": (0.0, 0.5, 1.5),
        "std": (1.0, 0.3, 5.0),
        "a": (-2.0, -0.1, 0.4),
        "b": (2.0, 0.5),
        **GENERATOR,
    },
    "constant_": {"val": (0.0, 0.3, -7)},
    "ones_": {},
    "zeros_": {},
    "eye_": {},
    "dirac_": {"groups": (1, 2, 3)},
    "xavier_uniform_": {"gain": (1.0, 2.5), **GENERATOR},
    "xavier_normal_": {"gain": (1.0, 2.5), **GENERATOR},
    "kaiming_uniform_": {**FANS, **GENERATOR},
    "kaiming_normal_": {**FANS, **GENERATOR},
    "orthogonal_": {"gain": (1, 0.3), **GENERATOR},
    "sparse_": {"sparsity": (0.0, 0.1, 0.5, 1.0), "std": (0.01, 2.0), **GENERATOR},
}
PLAIN = ("orthogonal_",)  # which PyTorch refuses to do, if a tensor of 3 axes is not contiguous
NEEDED = ("val", "sparsity")
SPECIAL_SHAPES = {"dirac_": KERNELS, "eye_": [(3, 3), (2, 5), (5, 2), (0, 2), (3,), (2, 2, 2)]}
# Q is made of all elements of a column: its unit is that of the length of one, which is the gain.
BOUNDS = {"orthogonal_": {"forward": Within(16, "size")}}


def filled(name):
    def draw(d):
        shape = d.pick(*SPECIAL_SHAPES.get(name, SHAPES))
        options = {k: d.pick(*of) for k, of in OPTIONS[name].items() if k in NEEDED or d.chance(0.6)}
        start, seed = np.zeros(shape, d.dtype), d.seed
        if name not in PLAIN and d.chance(0.3):
            start = d.pick(start.copy(order="F"), np.zeros((*shape, 2), d.dtype)[..., 0])

        def run(lib):
            lib.manual_seed(seed)
            tensor = lib.tensor(start, needs_grad=seed % 2 == 0)
            given = {k: lib.given(v) for k, v in options.items()}
            result = getattr(lib.init, name)(tensor, **given)
            values = array(tensor)
            after = [array(lib.root.rand(2, generator=g)) for g in (given.get("generator"), None)]
            after.append(np.array([result is tensor, tensor.requires_grad]))
            if name in BOUNDS:
                return {"forward": [values], "exact": after}
            return {"exact": [values, *after]}

        return Trial(run, [start], options, {"forward": float(options.get("gain", 1))})

    return draw


def gain(d):
    options = {"nonlinearity": d.pick(*NONLINEARITIES), "param": d.pick(None, 0.2, -3, True, "0.1")}

    def run(lib):
        return {"exact": [np.array(float(lib.init.calculate_gain(**options)))]}

    return Trial(run, [], options)


NOTES = {"orthogonal_": "Another LAPACK reflects in another order."}
CASES = [
    *(
        Case(f"nn.init.{n}", "Initial values", filled(n), BOUNDS.get(n, {}), note=NOTES.get(n, ""))
        for n in OPTIONS
    ),
    Case("nn.init.calculate_gain", "Initial values", gain, {}, dtypes=("float64",)),
]
