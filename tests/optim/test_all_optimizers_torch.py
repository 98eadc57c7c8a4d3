"""Every optimiser against PyTorch's, over generated options, parameters, gradients and changes between steps."""

import collections
import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chainrule as cr
from chainrule import optim
from chainrule.tensor import Tensor

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

drawn = settings(max_examples=10, deadline=None, derandomize=True, database=None)
yes = st.booleans()
rate = st.floats(1e-4, 0.1)
decay = st.just(0.0) | st.floats(1e-3, 0.5)
beta = st.just(0.0) | st.floats(0.1, 0.9)
eps = st.sampled_from([1e-10, 1e-8, 1e-3])
both = {"lr": rate, "maximize": yes, "foreach": st.sampled_from([None, False, True])}
moments = {**both, "weight_decay": decay, "betas": st.tuples(beta, st.floats(0.5, 0.999)), "eps": eps}

OPTIONS = {
    "SGD": {**both, "weight_decay": decay, "momentum": decay, "dampening": decay, "nesterov": yes},
    "Adam": {**moments, "amsgrad": yes, "decoupled_weight_decay": yes},
    "AdamW": {**moments, "amsgrad": yes},
    "RMSprop": {**both, "weight_decay": decay, "alpha": st.floats(0.5, 0.99), "eps": eps, "momentum": decay}
    | {"centered": yes},
    "Adagrad": {**both, "weight_decay": decay, "lr_decay": decay, "eps": eps, "initial_accumulator_value": decay},
    "Adadelta": {**both, "weight_decay": decay, "rho": st.floats(0, 1), "eps": eps},
    "Adamax": moments,
    "NAdam": {**moments, "momentum_decay": decay, "decoupled_weight_decay": yes},
    "RAdam": {**moments, "decoupled_weight_decay": yes},
    "Rprop": {
        **both,
        "etas": st.tuples(st.floats(0.1, 0.9), st.floats(1.1, 2)),
        "step_sizes": st.tuples(st.floats(1e-6, 1e-3), st.floats(0.01, 50)),
    },
    "ASGD": {  # without foreach, by which PyTorch rounds float64 steps to float32
        "lr": rate,
        "maximize": yes,
        "weight_decay": decay,
        "lambd": decay,
        "alpha": st.floats(0.5, 1),
        "t0": st.floats(0, 8),
    },
}
# Relative to the largest value that the array has had. What is centred is a difference of nearly equal numbers.
TOLERANCE = {np.float32: 1e-6, np.float64: 2e-15}
SHAPES = [[(3, 4), (5,), (2, 3)], [(), (0,), (4, 1)]]


def draw_options(data, name, label="options"):
    options = {k: data.draw(v, f"{label} {k}") for k, v in OPTIONS[name].items() if data.draw(yes)}
    if options.get("nesterov"):
        options |= {"momentum": 0.9, "dampening": 0}
    return options


class Pair:
    """The same parameters and optimiser in both libraries."""

    def __init__(self, name, options, second, arrays):
        self.peaks = collections.Counter()
        self.params = [
            [[make(a.copy()) for a in group] for group in arrays]
            for make in (lambda a: Tensor(a, requires_grad=True), lambda a: torch.tensor(a, requires_grad=True))
        ]
        self.optimizers = [
            getattr(library.optim, name)([{"params": first}, {"params": other, **second}], **options)
            for library, (first, other) in zip((cr, torch), self.params, strict=True)
        ]

    def step(self, gradients):
        for make, groups, optimizer in zip((Tensor, torch.tensor), self.params, self.optimizers, strict=True):
            for p, g in zip(together(groups), gradients, strict=True):
                p.grad = None if g is None else make(g.copy())
            optimizer.step()
        for key, (_, t) in self.tensors().items():
            t = t.detach()[t.detach().isfinite()]
            self.peaks[key] = max(self.peaks[key], t.abs().max().item() if len(t) else 0)

    def tensors(self):
        """Return the parameters and their state, ours and PyTorch's, by number and name."""
        pairs = {}
        for i, (p, t) in enumerate(zip(*map(together, self.params), strict=True)):
            pairs[i, "value"] = p, t
            states = [optimizer.state.get(q, {}) for optimizer, q in zip(self.optimizers, (p, t), strict=True)]
            assert list(states[0]) == list(states[1])
            pairs.update({(i, name): (states[0][name], states[1][name]) for name in states[0]})
        return pairs

    def change(self, changes):
        for optimizer in self.optimizers:
            optimizer.param_groups[1].update(changes)

    def check(self, dtype, factor=1):
        ours, theirs = self.optimizers
        assert ours.state_dict()["param_groups"] == theirs.state_dict()["param_groups"]
        for key, (ours, theirs) in self.tensors().items():
            a, b = ours.detach().numpy(), theirs.detach().numpy()
            assert (a.dtype, a.shape) == (b.dtype, b.shape)
            finite = np.isfinite(b)
            np.testing.assert_array_equal(a[~finite], b[~finite])
            if finite.any() and self.peaks[key]:
                apart = abs(a[finite] - b[finite]).max() / self.peaks[key]
                assert apart <= TOLERANCE[dtype] * factor


def together(groups):
    return [p for group in groups for p in group]


def values(rng, dtype):
    return [[rng.standard_normal(shape).astype(dtype) for shape in group] for group in SHAPES]


def gradients(rng, dtype, present):
    """Return gradients of many sizes, some of them zero, and None where there is none."""
    scale = 10.0 ** rng.integers(-3, 3)
    drawn = [(g * scale * (rng.random(g.shape) > 0.1)).astype(dtype) for g in together(values(rng, dtype))]
    return [g if i in present else None for i, g in enumerate(drawn)]


def is_centered(pair):
    return any(g.get("centered") for g in pair.optimizers[0].param_groups)


dtypes = st.sampled_from([np.float32, np.float64])
chosen = st.just(set(range(6))) | st.sets(st.integers(0, 5))


@pytest.mark.parametrize("name", OPTIONS)
@drawn
@given(data=st.data(), dtype=dtypes, seed=st.integers(0, 1000), steps=st.lists(chosen, min_size=10, max_size=14))
def test_ten_steps_are_pytorchs_with_any_options(name, data, dtype, seed, steps):
    rng = np.random.default_rng(seed)
    pair = Pair(name, draw_options(data, name), draw_options(data, name, "second"), values(rng, dtype))
    switch = data.draw(st.integers(1, 9))
    fixed = ("amsgrad", "centered", "nesterov", "foreach", "momentum", "initial_accumulator_value")
    for i, present in enumerate(steps):
        if i == switch:
            pair.change({k: v for k, v in draw_options(data, name, "changed").items() if k not in fixed})
        pair.step(gradients(rng, dtype, present))
    pair.check(dtype, 1000 if is_centered(pair) else 1)


@pytest.mark.parametrize("name", OPTIONS)
@drawn
@given(data=st.data(), dtype=dtypes, seed=st.integers(0, 1000), before=st.lists(chosen, min_size=1, max_size=6))
def test_training_goes_on_in_the_other_library(name, data, dtype, seed, before):
    rng = np.random.default_rng(seed)
    options, second = draw_options(data, name), draw_options(data, name, "second")
    pair = Pair(name, options, second, values(rng, dtype))
    for present in before:
        pair.step(gradients(rng, dtype, present))
    ours, theirs = pair.optimizers
    swapped = Pair(name, {"lr": 0.5}, {}, [[t.detach().numpy() for t in group] for group in pair.params[1]])
    swapped.optimizers[0].load_state_dict(theirs.state_dict())
    swapped.optimizers[1].load_state_dict(to_torch(ours.state_dict()))
    for _ in range(5):
        g = gradients(rng, dtype, set(range(6)))
        pair.step(g)
        swapped.step(g)
    factor = 1000 if is_centered(pair) else 2
    pair.check(dtype, factor)
    swapped.check(dtype, factor)


def to_torch(value):
    if isinstance(value, Tensor):
        return torch.from_numpy(value.numpy().copy())
    if isinstance(value, dict):
        return {k: to_torch(v) for k, v in value.items()}
    return [to_torch(v) for v in value] if isinstance(value, list) else value


SPECIAL = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0])


@pytest.mark.parametrize("name", OPTIONS)
@drawn
@given(data=st.data(), dtype=dtypes, seed=st.integers(0, 1000))
def test_infinities_and_nan_go_where_pytorchs_go(name, data, dtype, seed):
    rng = np.random.default_rng(seed)
    options = {**draw_options(data, name), "foreach": None}  # PyTorch's two implementations differ here
    pair = Pair(name, options, {}, values(rng, dtype))
    for _ in range(4):
        special = [np.asarray(rng.choice(SPECIAL, shape)).astype(dtype) for shape in together(SHAPES)]
        pair.step(special)
    pair.check(dtype, 1000 if is_centered(pair) else 10)


@pytest.mark.parametrize("name", OPTIONS)
def test_a_rate_may_be_a_tensor(name):
    rng = np.random.default_rng(0)
    pair = Pair(name, {}, {}, values(rng, np.float32))
    for make, optimizer in zip((cr.tensor, torch.tensor), pair.optimizers, strict=True):
        optimizer.param_groups[0]["lr"] = make(0.01)
        optimizer.param_groups[1]["lr"] = make([0.02])
    for _ in range(3):
        pair.step(gradients(rng, np.float32, set(range(6))))
    for optimizer in pair.optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group["lr"].item()
    pair.check(np.float32)


@pytest.mark.parametrize("name", [*OPTIONS, "LBFGS"])
def test_arguments_have_pytorchs_names_order_and_defaults(name):
    ours, theirs = (
        [(p.name, p.kind, p.default) for p in inspect.signature(getattr(library.optim, name)).parameters.values()]
        for library in (cr, torch)
    )
    assert ours == theirs


def test_the_only_optimizers_left_out_need_what_we_do_not_have():
    theirs = {
        n for n, c in vars(torch.optim).items() if inspect.isclass(c) and issubclass(c, torch.optim.Optimizer)
    }
    # sparse gradients; matrices orthogonalised in bfloat16; low-rank statistics
    assert theirs - set(dir(optim)) <= {"SparseAdam", "Adafactor", "Muon"}


REJECTED = [
    *((name, {"lr": -0.1}) for name in OPTIONS),
    *((name, {"lr": [0.1, 0.2]}) for name in OPTIONS),
    *((name, {"lr": float("nan")}) for name in OPTIONS if name != "SGD"),
    *((name, {"weight_decay": -0.1}) for name in OPTIONS if name != "Rprop"),
    *((name, {"eps": -0.1}) for name in OPTIONS if name not in ("SGD", "Rprop", "ASGD")),
    *(
        (name, {"betas": betas})
        for name in ("Adam", "AdamW", "Adamax", "NAdam", "RAdam")
        for betas in ((1.0, 0.9), (0.9, 1.0), (-0.1, 0.9), (0.9, -0.1))
    ),
    ("Adam", {"betas": (0, 0.9)}),
    ("Adam", {"lr": [0.1], "foreach": True}),
    ("AdamW", {"lr": [0.1], "foreach": True}),
    ("SGD", {"momentum": -1}),
    ("SGD", {"nesterov": True}),
    ("SGD", {"nesterov": True, "momentum": 0.9, "dampening": 0.1}),
    ("SGD", {"fused": True, "foreach": True}),
    ("Adam", {"fused": True, "foreach": True}),
    ("Adagrad", {"fused": True, "foreach": True}),
    ("RMSprop", {"alpha": -1}),
    ("RMSprop", {"momentum": -1}),
    ("Adagrad", {"lr_decay": -1}),
    ("Adagrad", {"initial_accumulator_value": -1}),
    ("Adadelta", {"rho": 1.1}),
    ("Adadelta", {"rho": -0.1}),
    ("NAdam", {"momentum_decay": -1}),
    ("Rprop", {"etas": (1.0, 1.2)}),
    ("Rprop", {"etas": (0.5, 1.0)}),
    ("Rprop", {"etas": (0.0, 1.2)}),
    ("LBFGS", {"lr": -1}),
]


@pytest.mark.parametrize(("name", "options"), REJECTED)
def test_options_that_pytorch_rejects_are_rejected(name, options):
    def make(library):
        given = {k: library.tensor(v) if isinstance(v, list) else v for k, v in options.items()}
        return getattr(library.optim, name)([library.ones(1, requires_grad=True)], **given)

    with pytest.raises(Exception) as expected:  # noqa: PT011
        make(torch)
    with pytest.raises(expected.type, match=next(iter(options)).split("_")[0]):
        make(cr)


@pytest.mark.parametrize("name", OPTIONS)
def test_options_that_are_not_covered_are_refused(name):
    known = inspect.signature(getattr(optim, name)).parameters
    for option in {"capturable", "differentiable"} & set(known):
        with pytest.raises(NotImplementedError, match=option):
            getattr(optim, name)([cr.ones(1, requires_grad=True)], **{option: True})


def bad_parameters(library):
    p, q = library.ones(1, requires_grad=True), library.ones(2, requires_grad=True)
    return {
        "a set": [{"params": {p}}],
        "a number": [p, 3.0],
        "not a leaf": [p * 2],
        "nothing": [],
        "a tensor": p,
        "some without names": [("p", p), q],
        "groups with and without names": [{"params": [("p", p)]}, {"params": [q]}],
        "in two groups": [{"params": [p]}, {"params": [p]}],
    }


@pytest.mark.parametrize("case", bad_parameters(cr))
def test_parameters_that_pytorch_rejects_are_rejected(case):
    with pytest.raises(Exception) as expected:  # noqa: PT011
        torch.optim.SGD(bad_parameters(torch)[case])
    with pytest.raises(expected.type):
        optim.SGD(bad_parameters(cr)[case])


def test_names_of_parameters_are_kept_and_loaded_as_by_pytorch():
    saved = []
    for library in (cr, torch):
        named, plain = (
            library.optim.Adam(
                [(n, library.ones(1)) for n in "ab"] if names else [library.ones(1), library.ones(1)]
            )
            for names in (True, False)
        )
        saved.append(named.state_dict()["param_groups"])
        state = plain.state_dict()
        plain.load_state_dict(named.state_dict())
        named.load_state_dict(state)
        saved.append([o.state_dict()["param_groups"] for o in (named, plain)])
    assert saved[:2] == saved[2:]


def test_decay_stays_decoupled_when_adamw_takes_over_from_adam():
    for library in (cr, torch):
        p = library.ones(1, requires_grad=True)
        optimizer = library.optim.AdamW([p])
        optimizer.load_state_dict(library.optim.Adam([p], weight_decay=0.1).state_dict())
        assert optimizer.param_groups[0]["decoupled_weight_decay"]
        assert optimizer.param_groups[0]["weight_decay"] == 0.1
