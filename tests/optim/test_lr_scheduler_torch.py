"""Every schedule against PyTorch's: rates and momenta to the bit, state dicts, arguments, errors."""

import inspect
import math
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chainrule as cr
from chainrule import optim

torch = pytest.importorskip("torch")
pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore:Detected call of:UserWarning")]

drawn = settings(max_examples=30, deadline=None, derandomize=True, database=None)
fraction = st.floats(0.05, 1.0)
few = st.integers(1, 9)


class Falling:
    """A factor that an object computes."""

    def __init__(self, rate):
        self.rate = rate

    def __call__(self, epoch):
        return self.rate**epoch


OPTIONS = {
    "LambdaLR": {
        "lr_lambda": st.sampled_from([lambda e: 1 / (1 + e), Falling(0.7), [Falling(0.9), lambda e: math.cos(e)]])
    },
    "MultiplicativeLR": {"lr_lambda": st.sampled_from([lambda e: 1 / (1 + e), Falling(0.9), [Falling(0.9)] * 2])},
    "StepLR": {"step_size": few, "gamma": fraction},
    "MultiStepLR": {"milestones": st.lists(st.integers(0, 9), max_size=4), "gamma": fraction},
    "ConstantLR": {"factor": fraction, "total_iters": few},
    "LinearLR": {"start_factor": fraction, "end_factor": st.just(0.0) | fraction, "total_iters": few},
    "ExponentialLR": {"gamma": fraction},
    "PolynomialLR": {"total_iters": few, "power": st.floats(0.1, 3)},
    "CosineAnnealingLR": {"T_max": few, "eta_min": st.floats(0, 0.01)},
    "CosineAnnealingWarmRestarts": {"T_0": few, "T_mult": st.integers(1, 3), "eta_min": st.floats(0, 0.01)},
    "CyclicLR": {
        "base_lr": st.floats(0.001, 0.1) | st.just([0.01, 0.1]),
        "max_lr": st.floats(0.1, 1) | st.just([0.2, 0.3]),
        "step_size_up": few,
        "step_size_down": st.none() | few,
        "mode": st.sampled_from(["triangular", "triangular2", "exp_range"]),
        "gamma": fraction,
        "scale_fn": st.sampled_from([None, None, Falling(0.8), lambda x: 1 / (1 + x)]),
        "scale_mode": st.sampled_from(["cycle", "iterations"]),
        "cycle_momentum": st.booleans(),
        "base_momentum": st.floats(0.5, 0.8) | st.just([0.6, 0.7]),
        "max_momentum": st.floats(0.8, 0.99) | st.just([0.8, 0.9]),
    },
    "OneCycleLR": {
        "max_lr": st.floats(0.1, 1) | st.just([0.2, 0.3]),
        "total_steps": st.integers(12, 40),
        "pct_start": st.floats(0.1, 0.5),
        "anneal_strategy": st.sampled_from(["cos", "linear"]),
        "cycle_momentum": st.booleans(),
        "base_momentum": st.floats(0.5, 0.8) | st.just([0.6, 0.7]),
        "max_momentum": st.floats(0.8, 0.99) | st.just([0.8, 0.9]),
        "div_factor": st.floats(1, 50),
        "final_div_factor": st.floats(1, 1e5),
        "three_phase": st.booleans(),
    },
}


def optimizers(name="SGD"):
    """Return our optimiser of two groups, and PyTorch's."""
    return [
        getattr(library.optim, name)(
            [{"params": [library.ones(1, requires_grad=True)]}, {"params": [library.ones(1)], "lr": 0.03}], lr=0.1
        )
        for library in (cr, torch)
    ]


def schedules(name, both, options):
    return [
        getattr(module, name)(optimizer, **options)
        for module, optimizer in zip((optim.lr_scheduler, torch.optim.lr_scheduler), both, strict=True)
    ]


def seen(optimizer):
    keys = ("lr", "initial_lr", "min_lr", "max_lr", "momentum", "betas", "base_momentum", "max_momentum")
    return [{k: group[k] for k in keys if k in group} for group in optimizer.param_groups]


def known(state):
    """Return what a state dict says, without PyTorch's note of a warning."""
    parts = state.get("_schedulers", [])
    rest = {k: v for k, v in state.items() if k not in ("_get_lr_called_within_step", "_schedulers")}
    return rest, [known(part) for part in parts]


def assert_same(ours, theirs):
    assert ours.get_last_lr() == theirs.get_last_lr()
    assert seen(ours.optimizer) == seen(theirs.optimizer)
    a, b = known(ours.state_dict()), known(theirs.state_dict())
    a[0].pop("_is_initial", None), b[0].pop("_is_initial", None)
    assert a == b or str(a) == str(b)


@pytest.mark.parametrize("name", OPTIONS)
@drawn
@given(data=st.data())
def test_rates_momenta_and_state_dicts_are_pytorchs_to_the_bit(name, data):
    options = {k: data.draw(v, k) for k, v in OPTIONS[name].items() if data.draw(st.booleans()) or k in REQUIRED}
    both = optimizers(data.draw(st.sampled_from(["SGD", "AdamW"])))
    ours, theirs = schedules(name, both, options)
    assert_same(ours, theirs)
    for _ in range(11):
        ours.step()
        theirs.step()
        assert_same(ours, theirs)


REQUIRED = ("lr_lambda", "step_size", "milestones", "gamma", "T_max", "T_0", "base_lr", "max_lr", "total_steps")


@pytest.mark.parametrize("name", OPTIONS)
@drawn
@given(data=st.data(), before=st.integers(0, 5), resume=st.booleans())
def test_the_state_goes_on_in_the_other_library(name, data, before, resume):
    options = {k: data.draw(v, k) for k, v in OPTIONS[name].items()}
    one, other = optimizers(), optimizers()
    ours, theirs = schedules(name, one, options)
    for _ in range(before):
        ours.step()
        theirs.step()
    # ours goes on where PyTorch's stands, and the other way round
    swapped = schedules(name, other, options)
    for scheduler, source in zip(swapped, (theirs, ours), strict=True):
        scheduler.load_state_dict(dict(source.state_dict()))
        for group, g in zip(scheduler.optimizer.param_groups, source.optimizer.param_groups, strict=True):
            group.update({k: v for k, v in g.items() if k != "params"})
    for _ in range(5):
        for scheduler in (ours, theirs, *swapped):
            scheduler.step()
        assert_same(ours, theirs)
        assert_same(*swapped)
        assert swapped[0].get_last_lr() == ours.get_last_lr()


@pytest.mark.parametrize("name", OPTIONS)
@drawn
@given(data=st.data(), last=st.integers(0, 7))
def test_a_schedule_can_begin_at_a_later_epoch(name, data, last):
    options = {k: data.draw(v, k) for k, v in OPTIONS[name].items()}
    both = optimizers()
    schedules(name, both, options)  # which sets what the groups need
    ours, theirs = schedules(name, both, {**options, "last_epoch": last})
    for _ in range(3):
        assert_same(ours, theirs)
        ours.step()
        theirs.step()


JUMPS = ["StepLR", "MultiStepLR", "ConstantLR", "LinearLR", "ExponentialLR", "PolynomialLR", "CosineAnnealingLR"]


@pytest.mark.parametrize("name", [*JUMPS, "CosineAnnealingWarmRestarts", "LambdaLR", "CyclicLR"])
@drawn
@given(data=st.data(), epochs=st.lists(st.none() | st.integers(0, 12), min_size=1, max_size=5))
def test_an_epoch_can_be_jumped_to(name, data, epochs):
    options = {k: data.draw(v, k) for k, v in OPTIONS[name].items()}
    ours, theirs = schedules(name, optimizers(), options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for epoch in epochs:
            ours.step(epoch)
            theirs.step(epoch)
            assert_same(ours, theirs)


def test_warm_restarts_take_fractions_of_epochs():
    ours, theirs = schedules("CosineAnnealingWarmRestarts", optimizers(), {"T_0": 3, "T_mult": 2})
    for i in range(40):
        ours.step(i / 3)
        theirs.step(i / 3)
        assert_same(ours, theirs)


def test_giving_an_epoch_is_deprecated():
    ours, _ = schedules("StepLR", optimizers(), {"step_size": 1})
    with pytest.warns(UserWarning, match="leave epoch out"):
        ours.step(3)


@drawn
@given(
    metrics=st.lists(st.floats(-2, 2) | st.sampled_from([math.nan, math.inf]), min_size=1, max_size=30),
    mode=st.sampled_from(["min", "max"]),
    factor=st.floats(0.1, 0.9),
    patience=st.integers(0, 3),
    threshold=st.floats(0, 0.5),
    threshold_mode=st.sampled_from(["rel", "abs"]),
    cooldown=st.integers(0, 2),
    min_lr=st.sampled_from([0.0, 0.01, [0.02, 0.0]]),
    eps=st.sampled_from([1e-8, 0.01]),
    swap=st.integers(0, 30),
)
def test_reduce_on_plateau_is_pytorchs_to_the_bit(metrics, swap, **options):
    ours, theirs = schedules("ReduceLROnPlateau", optimizers(), options)
    for i, value in enumerate(metrics):
        assert ours.in_cooldown == theirs.in_cooldown
        ours.step(cr.tensor(value, dtype=cr.float64) if i % 2 else value)
        theirs.step(value)
        assert_same(ours, theirs)
        if i == swap:
            a, b = dict(ours.state_dict()), dict(theirs.state_dict())
            ours.load_state_dict(b)
            theirs.load_state_dict(a)


def test_a_group_that_is_added_has_a_limit_or_is_refused():
    for limits, expected in ((0.01, None), ([0.01, 0.0], RuntimeError)):
        for library, scheduler in zip(
            (cr, torch),
            schedules("ReduceLROnPlateau", optimizers(), {"patience": 0, "min_lr": limits, "factor": 0.01}),
            strict=True,
        ):
            scheduler.optimizer.add_param_group({"params": [library.ones(1)], "lr": 0.5})
            scheduler.step(1.0)
            if expected:
                with pytest.raises(expected):
                    scheduler.step(1.0)
            else:
                scheduler.step(1.0)
                assert scheduler.get_last_lr() == [0.01, 0.01, 0.01]


PARTS = [name for name in OPTIONS if name not in ("OneCycleLR", "CyclicLR")]


@drawn
@given(data=st.data(), names=st.lists(st.sampled_from(PARTS), min_size=1, max_size=3), before=st.integers(0, 12))
def test_schedules_in_sequence_and_in_chain_are_pytorchs(data, names, before):
    chosen = [(name, {k: data.draw(v) for k, v in OPTIONS[name].items()}) for name in names]
    milestones = sorted(data.draw(st.sets(st.integers(1, 10), min_size=len(names) - 1, max_size=len(names) - 1)))
    chained = data.draw(st.booleans())
    nested = data.draw(st.booleans())

    def make():
        result = []
        for module, optimizer in zip((optim.lr_scheduler, torch.optim.lr_scheduler), optimizers(), strict=True):
            parts = [getattr(module, name)(optimizer, **options) for name, options in chosen]
            if nested:
                parts[0] = module.ChainedScheduler([parts[0], module.StepLR(optimizer, 2, 0.5)])
            if chained:
                result.append(module.ChainedScheduler(parts))
            else:
                result.append(module.SequentialLR(optimizer, parts, milestones))
        return result

    ours, theirs = make()
    assert_same(ours, theirs)
    for _ in range(before):
        ours.step()
        theirs.step()
        assert_same(ours, theirs)
    mine, other = make()
    mine.load_state_dict(dict(theirs.state_dict()))
    other.load_state_dict(dict(ours.state_dict()))
    for scheduler in (mine, other):
        for group, g in zip(scheduler.optimizer.param_groups, theirs.optimizer.param_groups, strict=True):
            group["lr"] = g["lr"]
    for _ in range(3):
        for scheduler in (ours, theirs, mine, other):
            scheduler.step()
        assert ours.get_last_lr() == theirs.get_last_lr() == mine.get_last_lr() == other.get_last_lr()


def test_a_rate_that_is_a_tensor_is_changed_in_place():
    for name, options in (("ExponentialLR", {"gamma": 0.5}), ("CosineAnnealingLR", {"T_max": 3})):
        rates = [library.tensor(0.1) for library in (cr, torch)]
        both = [
            library.optim.SGD([library.ones(1, requires_grad=True)], lr=lr)
            for library, lr in zip((cr, torch), rates, strict=True)
        ]
        ours, theirs = schedules(name, both, options)
        for _ in range(3):
            ours.step()
            theirs.step()
            assert rates[0].item() == rates[1].item() == ours.get_last_lr()[0].item()
        assert both[0].param_groups[0]["lr"] is rates[0]


ALL = [*OPTIONS, "ReduceLROnPlateau", "ChainedScheduler", "SequentialLR", "LRScheduler"]


def test_nothing_is_missing():
    assert set(torch.optim.lr_scheduler.__all__) == set(ALL) == set(optim.lr_scheduler.__all__)


@pytest.mark.parametrize("name", ALL)
def test_arguments_have_pytorchs_names_order_and_defaults(name):
    ours, theirs = (
        [(p.name, p.kind, p.default) for p in inspect.signature(getattr(module, name)).parameters.values()]
        for module in (optim.lr_scheduler, torch.optim.lr_scheduler)
    )
    assert ours == theirs


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("LambdaLR", {"lr_lambda": [abs]}),
        ("MultiplicativeLR", {"lr_lambda": [abs]}),
        ("MultiplicativeLR", {"lr_lambda": 0.5}),
        ("ConstantLR", {"factor": 1.1}),
        ("ConstantLR", {"factor": -0.1}),
        ("LinearLR", {"start_factor": 0.0}),
        ("LinearLR", {"start_factor": 1.1}),
        ("LinearLR", {"end_factor": 1.1}),
        ("LinearLR", {"end_factor": -0.1}),
        ("ExponentialLR", {"gamma": 0.5, "last_epoch": 2}),
        ("CosineAnnealingWarmRestarts", {"T_0": 0}),
        ("CosineAnnealingWarmRestarts", {"T_0": 1.5}),
        ("CosineAnnealingWarmRestarts", {"T_0": 1, "T_mult": 0}),
        ("CosineAnnealingWarmRestarts", {"T_0": 1, "eta_min": "0"}),
        ("CyclicLR", {"base_lr": [0.1], "max_lr": 1.0}),
        ("CyclicLR", {"base_lr": 0.1, "max_lr": [1.0]}),
        ("CyclicLR", {"base_lr": 0.1, "max_lr": 1.0, "mode": "square"}),
        ("OneCycleLR", {"max_lr": 1.0}),
        ("OneCycleLR", {"max_lr": 1.0, "total_steps": 0}),
        ("OneCycleLR", {"max_lr": 1.0, "epochs": 2}),
        ("OneCycleLR", {"max_lr": 1.0, "epochs": 2, "steps_per_epoch": 0}),
        ("OneCycleLR", {"max_lr": 1.0, "epochs": 2.0, "steps_per_epoch": 1}),
        ("OneCycleLR", {"max_lr": 1.0, "total_steps": 5, "pct_start": 1}),
        ("OneCycleLR", {"max_lr": 1.0, "total_steps": 5, "pct_start": 1.5}),
        ("OneCycleLR", {"max_lr": 1.0, "total_steps": 5, "anneal_strategy": "step"}),
        ("OneCycleLR", {"max_lr": [1.0], "total_steps": 5}),
        ("ReduceLROnPlateau", {"factor": 1.0}),
        ("ReduceLROnPlateau", {"mode": "least"}),
        ("ReduceLROnPlateau", {"threshold_mode": "none"}),
        ("ReduceLROnPlateau", {"min_lr": [0.1]}),
        ("SequentialLR", {"schedulers": [], "milestones": []}),
        ("SequentialLR", {"schedulers": [None], "milestones": []}),
    ],
)
def test_what_pytorch_rejects_is_rejected(name, options):
    ours, theirs = optimizers()
    with pytest.raises(Exception) as expected:  # noqa: PT011
        getattr(torch.optim.lr_scheduler, name)(theirs, **options)
    with pytest.raises(expected.type):
        getattr(optim.lr_scheduler, name)(ours, **options)


@pytest.mark.parametrize("name", ["CyclicLR", "OneCycleLR"])
def test_momentum_that_an_optimizer_does_not_have_is_not_cycled(name):
    options = {"max_lr": 1.0, **({"base_lr": 0.1} if name == "CyclicLR" else {"total_steps": 5})}
    for module, optimizer in zip(
        (optim.lr_scheduler, torch.optim.lr_scheduler), optimizers("Adagrad"), strict=True
    ):
        with pytest.raises(ValueError, match="cycle_momentum"):
            getattr(module, name)(optimizer, **options)
        getattr(module, name)(optimizer, cycle_momentum=False, **options).step()


def test_one_cycle_ends():
    for scheduler in schedules("OneCycleLR", optimizers(), {"max_lr": 1.0, "epochs": 1, "steps_per_epoch": 2}):
        scheduler.step()
        scheduler.step()
        with pytest.raises(ValueError, match="2"):
            scheduler.step()


def test_schedules_that_can_not_be_combined_are_refused():
    for module, optimizer, other in zip(
        (optim.lr_scheduler, torch.optim.lr_scheduler), optimizers(), optimizers(), strict=True
    ):
        good, bad = module.StepLR(optimizer, 1), module.StepLR(other, 1)
        plateau = module.ReduceLROnPlateau(optimizer)
        for parts in ([good, bad], [good, plateau]):
            with pytest.raises(ValueError, match=r"optimizer|ReduceLROnPlateau"):
                module.ChainedScheduler(parts)
            with pytest.raises(ValueError, match=r"optimizer|ReduceLROnPlateau"):
                module.SequentialLR(optimizer, parts, [1])
        with pytest.raises(ValueError, match="milestone"):
            module.SequentialLR(optimizer, [good, good], [1, 2])
        with pytest.raises(ValueError, match="at least one"):
            module.ChainedScheduler([])
        with pytest.raises(TypeError):
            module.StepLR(good, 1)
