"""What schedules do with a user's mistakes, and what else tests/conformance does not draw, as in PyTorch."""

import inspect
import warnings

import pytest

import chainrule as cr
from chainrule import optim

torch = pytest.importorskip("torch")
pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore:Detected call of:UserWarning")]


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


def assert_same(ours, theirs):
    assert ours.get_last_lr() == theirs.get_last_lr()
    assert seen(ours.optimizer) == seen(theirs.optimizer)
    assert ours.state_dict() == theirs.state_dict()


def test_warm_restarts_take_fractions_of_epochs():
    ours, theirs = schedules("CosineAnnealingWarmRestarts", optimizers(), {"T_0": 3, "T_mult": 2})
    for i in range(40):
        ours.step(i / 3)
        theirs.step(i / 3)
        assert_same(ours, theirs)


def warned(*calls):
    """Return the categories of the warnings that calls lead to, and the file that they point to."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for call in calls:
            call()
    return [(w.category, w.filename) for w in caught]


def test_what_pytorch_warns_of_is_warned_of_where_it_is_called():
    here = [(UserWarning, __file__)]
    for library in (cr, torch):
        optimizer = library.optim.SGD([library.ones(1, requires_grad=True)], lr=0.1)
        optimizer.step()  # before there was a schedule
        schedule = library.optim.lr_scheduler.StepLR(optimizer, 1)
        assert warned(schedule.step) == here
        assert warned(schedule.step) == []
        other = library.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
        assert warned(optimizer.step, other.step) == []
        assert warned(lambda schedule=schedule: schedule.step(3)) == here
        assert warned(schedule.get_lr)[0][0] is UserWarning


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


@pytest.mark.parametrize("name", torch.optim.lr_scheduler.__all__)
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
