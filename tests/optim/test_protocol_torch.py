"""What optimisers and schedules do besides computing, as in PyTorch: unknown state, warnings, own steps."""

import copy
import warnings

import numpy as np
import pytest
from tests.optim.test_captured_steps import OPTIMIZERS

import chainrule as cr

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def agree(scenario):
    ours, theirs = (scenario(library) for library in (cr, torch))
    assert ours == theirs


def parameter(library, *shape):
    p = library.nn.Parameter(library.ones(*shape))
    p.grad = library.ones(*shape)
    return p


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_loading_keeps_the_entries_that_the_optimiser_does_not_know(name):
    def scenario(library):
        optimizer = getattr(library.optim, name)([parameter(library, 2)])
        optimizer.step()
        state = optimizer.state_dict()
        state["state"].setdefault(0, {}).update(mine=library.ones(3), nothing=None, more={"list": [1, 2]})
        state["state"] |= {77: {"a": 1}, "words": [1, 2]}
        state["param_groups"][0]["note"] = {"b": 2}
        optimizer.load_state_dict(state)
        optimizer.step()
        again = optimizer.state_dict()
        entry = again["state"].pop(0)
        return [
            again["state"],
            sorted(entry),
            entry["mine"].tolist(),
            entry["more"],
            again["param_groups"][0]["note"],
        ]

    agree(scenario)


@pytest.mark.parametrize("load", [False, True])
@pytest.mark.parametrize("copied", [False, True])
@pytest.mark.parametrize("steps", [0, 1])
def test_a_schedule_warns_before_the_first_step_of_its_optimiser(steps, copied, load):
    def scenario(library):
        optimizer = library.optim.SGD([parameter(library, 2)], lr=0.1)
        state = optimizer.state_dict()
        schedule = library.optim.lr_scheduler.StepLR(optimizer, 1)
        if load:
            optimizer.load_state_dict(state)
        if copied:
            optimizer, schedule = copy.deepcopy((optimizer, schedule))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for _ in range(steps):
                optimizer.step()
            schedule.step()
            schedule.step()
        return [w.category for w in caught], schedule.get_last_lr()

    agree(scenario)


def test_an_optimiser_may_have_a_step_and_a_state_of_its_own():
    def scenario(library):
        class Averaged(library.optim.Optimizer):
            def __init__(self, params, lr=0.1):
                super().__init__(params, {"lr": lr})

            def step(self, closure=None):
                for group in self.param_groups:
                    for p in group["params"]:
                        state = self.state[p]
                        state["count"] = state.get("count", 0) + 1
                        state.setdefault("mean", library.zeros_like(p)).mul_(0.5).add_(p.grad)
                        with library.no_grad():
                            p.add_(state["mean"], alpha=-group["lr"])

        def train(optimizer, p):
            schedule = library.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
            for _ in range(3):
                optimizer.zero_grad()
                (p * p).sum().backward()
                optimizer.step()
                schedule.step()

        p, q = parameter(library, 2), parameter(library, 2)
        one, other = Averaged([p]), Averaged([q])
        train(one, p)
        other.load_state_dict(one.state_dict())
        train(other, q)
        return p.tolist(), q.tolist(), other.state[q]["count"]

    agree(scenario)


@pytest.mark.parametrize("name", ["Adam", "AdamW", "Adamax", "NAdam", "RAdam"])
def test_decay_rates_may_be_tensors(name):
    results = []
    for library in (cr, torch):
        p = parameter(library, 3)
        betas = tuple(library.tensor(b) for b in (0.8, 0.9))
        try:
            optimizer = getattr(library.optim, name)([p], betas=betas)
            for _ in range(3):
                optimizer.step()
        except ValueError as error:
            results.append(type(error))
        else:
            results.append(np.asarray(p.detach().numpy()))
    np.testing.assert_allclose(results[0], results[1], rtol=1e-5)


@pytest.mark.parametrize("name", ["ReduceLROnPlateau", "ChainedScheduler", "SequentialLR"])
def test_schedules_without_a_formula_have_no_get_lr(name):
    for library in (cr, torch):
        schedules = library.optim.lr_scheduler
        optimizer = library.optim.SGD([parameter(library, 2)], lr=0.1)
        parts = [schedules.ExponentialLR(optimizer, 0.5)]
        given = {
            "ReduceLROnPlateau": (optimizer,),
            "ChainedScheduler": (parts,),
            "SequentialLR": (optimizer, parts, []),
        }
        with pytest.raises(NotImplementedError):
            getattr(schedules, name)(*given[name]).get_lr()
