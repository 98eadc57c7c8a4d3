"""A captured step with any optimiser and any schedule gives what the step itself gives, to the last bit."""

import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.optim import lr_scheduler as schedules

OPTIMIZERS = [
    "SGD",
    "Adam",
    "AdamW",
    "RMSprop",
    "Adagrad",
    "Adadelta",
    "Adamax",
    "NAdam",
    "RAdam",
    "Rprop",
    "ASGD",
]
SCHEDULES = {
    "LambdaLR": lambda o: schedules.LambdaLR(o, lambda epoch: 1 / (1 + epoch)),
    "MultiplicativeLR": lambda o: schedules.MultiplicativeLR(o, lambda epoch: 0.9),
    "StepLR": lambda o: schedules.StepLR(o, 3),
    "MultiStepLR": lambda o: schedules.MultiStepLR(o, [2, 5]),
    "ConstantLR": lambda o: schedules.ConstantLR(o, total_iters=3),
    "LinearLR": lambda o: schedules.LinearLR(o),
    "ExponentialLR": lambda o: schedules.ExponentialLR(o, 0.9),
    "PolynomialLR": lambda o: schedules.PolynomialLR(o, 6),
    "CosineAnnealingLR": lambda o: schedules.CosineAnnealingLR(o, 3),
    "CosineAnnealingWarmRestarts": lambda o: schedules.CosineAnnealingWarmRestarts(o, 2),
    "CyclicLR": lambda o: schedules.CyclicLR(o, 0.01, 0.1, 2),
    "OneCycleLR": lambda o: schedules.OneCycleLR(o, 0.1, 12),
    "ReduceLROnPlateau": lambda o: schedules.ReduceLROnPlateau(o, patience=0),
    "ChainedScheduler": lambda o: schedules.ChainedScheduler([schedules.LinearLR(o), schedules.StepLR(o, 2)]),
    "SequentialLR": lambda o: schedules.SequentialLR(o, [schedules.LinearLR(o), schedules.StepLR(o, 2)], [3]),
}


def bits(tensor):
    return tensor.detach().numpy().tobytes()


def train(wrap, make_optimizer, make_schedule):
    """Return the bits of all that ten steps change, and the options."""
    cr.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    optimizer = make_optimizer(model.parameters())
    schedule = make_schedule(optimizer)

    def step(x):
        loss = model(x).square().mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        schedule.step(*([loss] if isinstance(schedule, schedules.ReduceLROnPlateau) else []))
        return loss

    step = wrap(step)
    seen = [bits(step(cr.randn(5, 3))) for _ in range(10)]
    seen += [bits(t) for t in model.parameters()]
    seen += [bits(t) for entry in optimizer.state.values() for t in entry.values()]
    return seen, [{k: v for k, v in g.items() if k != "params"} for g in optimizer.param_groups]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_is_captured(name):
    def make(params):
        return getattr(optim, name)(params, lr=0.05)

    assert train(lambda f: f, make, SCHEDULES["StepLR"]) == train(cr.capture, make, SCHEDULES["StepLR"])


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("optimizer", ["SGD", "AdamW"])
def test_every_schedule_is_captured(name, optimizer):
    def make(params):
        return getattr(optim, optimizer)(params, lr=0.05)

    assert train(lambda f: f, make, SCHEDULES[name]) == train(cr.capture, make, SCHEDULES[name])


def test_no_optimizer_and_no_schedule_is_left_out():
    assert {*OPTIMIZERS, "LBFGS", "Optimizer", "lr_scheduler"} == set(optim.__all__)  # LBFGS can't be captured
    assert {*SCHEDULES, "LRScheduler"} == set(schedules.__all__)


@pytest.mark.filterwarnings("error")
def test_a_schedule_that_is_made_after_a_step_was_captured_knows_of_the_next():
    p = cr.ones(2, requires_grad=True)
    optimizer = optim.SGD([p], lr=0.1)

    @cr.capture
    def step(x):
        (p * x).sum().backward()
        optimizer.step()
        optimizer.zero_grad()
        return x

    for _ in range(3):
        step(cr.ones(2))
    schedule = schedules.StepLR(optimizer, 2)
    step(cr.ones(2))
    schedule.step()


def test_a_schedule_that_steps_before_its_optimizer_warns():
    schedule = schedules.StepLR(optim.SGD([cr.ones(2, requires_grad=True)], lr=0.1), 2)
    with pytest.warns(UserWarning, match="before `optimizer"):
        schedule.step()
