"""What optimisers and schedules save in a file, they go on from."""

import io

import pytest
from tests.optim.test_captured_steps import OPTIMIZERS, SCHEDULES

import chainrule as cr
from chainrule import optim


def through_a_file(state):
    file = io.BytesIO()
    cr.save(state, file)
    file.seek(0)
    return cr.load(file)


def make(name, **options):
    p = cr.arange(1.0, 4.0).requires_grad_()
    return p, getattr(optim, name)([p], **options)


def step(p, optimizer):
    def closure():
        optimizer.zero_grad()
        loss = (p**4).sum()
        loss.backward()
        return loss

    optimizer.step(closure)


@pytest.mark.parametrize("name", [*OPTIMIZERS, "LBFGS"])
def test_an_optimizer_goes_on_from_a_file_to_the_same_bits(name):
    p, optimizer = make(name, lr=0.01)
    for _ in range(3):
        step(p, optimizer)
    q, other = make(name)
    q.data = p.detach().clone()
    other.load_state_dict(through_a_file(optimizer.state_dict()))
    for _ in range(3):
        step(p, optimizer)
        step(q, other)
    assert p.tolist() == q.tolist()


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_goes_on_from_a_file_to_the_same_rates(name):
    one, other = (SCHEDULES[name](make("SGD", lr=0.1)[1]) for _ in range(2))
    measure = [1.0] if name == "ReduceLROnPlateau" else []
    for _ in range(3):
        one.optimizer.step()
        one.step(*measure)
    other.load_state_dict(through_a_file(one.state_dict()))
    other.optimizer.load_state_dict(through_a_file(one.optimizer.state_dict()))
    for _ in range(6):
        assert other.get_last_lr() == one.get_last_lr()
        other.optimizer.step()
        one.step(*measure)
        other.step(*measure)
