"""Optimisers that a program writes by PyTorch's protocol."""

import copy

import numpy as np
import pytest
from tests.autograd.both import agree

import chainrule as cr

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def lion(library):
    class Lion(library.optim.Optimizer):
        def __init__(self, params, lr=0.01, betas=(0.9, 0.99), weight_decay=0.1):
            super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

        @library.no_grad()
        def step(self, closure=None):
            loss = None
            if closure is not None:
                with library.enable_grad():
                    loss = closure()
            for group in self.param_groups:
                beta1, beta2 = group["betas"]
                for p in group["params"]:
                    if p.grad is None:
                        continue
                    state = self.state[p]
                    if len(state) == 0:
                        state["step"] = 0
                        state["average"] = library.zeros_like(p)
                    state["step"] += 1
                    p.mul_(1 - group["lr"] * group["weight_decay"])
                    update = (state["average"] * beta1 + p.grad * (1 - beta1)).sign()
                    p.add_(update, alpha=-group["lr"])
                    state["average"].mul_(beta2).add_(p.grad, alpha=1 - beta2)
            return loss

    return Lion


def network(library):
    library.manual_seed(0)
    nn = library.nn
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)), library.randn(8, 3)


def rounded(model):
    return [[round(v, 5) for v in p.detach().flatten().tolist()] for p in model.parameters()]


def test_lion_trains_with_groups_a_schedule_hooks_and_saved_states():
    def scenario(library):
        model, x = network(library)
        one, two = model[0], model[2]
        log = []

        def made():
            optimizer = lion(library)([{"params": one.parameters()}], lr=0.05)
            optimizer.add_param_group({"params": two.parameters(), "lr": 0.01})
            return optimizer

        def train(optimizer, schedule):
            for _ in range(3):
                optimizer.zero_grad()
                (model(x) ** 2).mean().backward()
                optimizer.step()
                schedule.step()

        optimizer = made()
        optimizer.register_step_post_hook(lambda optimizer, args, kwargs: log.append(len(optimizer.state)))
        train(optimizer, library.optim.lr_scheduler.ExponentialLR(optimizer, 0.5))
        state = copy.deepcopy(optimizer.state_dict())
        other = made()
        other.load_state_dict(state)
        train(other, library.optim.lr_scheduler.ExponentialLR(other, 0.5))
        kinds = {k: type(v).__name__ for k, v in other.state[one.weight].items()}
        return log, rounded(model), [g["lr"] for g in other.param_groups], kinds, list(state), repr(other)

    agree(scenario)


def test_a_closure_gives_the_loss():
    def scenario(library):
        model, x = network(library)
        optimizer = lion(library)(model.parameters())

        def closure():
            optimizer.zero_grad()
            loss = (model(x) ** 2).mean()
            loss.backward()
            return loss

        return [round(optimizer.step(closure).item(), 5) for _ in range(3)]

    agree(scenario)


def test_without_a_step_of_its_own_an_optimiser_says_what_is_missing():
    def scenario(library):
        library.optim.Optimizer([library.ones(1).requires_grad_()], {}).step()

    assert agree(scenario) is NotImplementedError


def test_a_step_that_records_is_refused_as_in_pytorch():
    def scenario(library):
        class Records(library.optim.Optimizer):
            def step(self, closure=None):
                for p in self.param_groups[0]["params"]:
                    p.add_(p.grad, alpha=-1)

        model, x = network(library)
        optimizer = Records(model.parameters(), {})
        model(x).sum().backward()
        optimizer.step()

    assert agree(scenario) is RuntimeError


def test_a_captured_step_does_what_the_written_one_does():
    finals = []
    for wrap in (lambda step: step, cr.capture):
        model, x = network(cr)
        optimizer = lion(cr)(model.parameters(), lr=0.05)

        def written(x, model=model, optimizer=optimizer):
            loss = (model(x) ** 2).mean()
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            return loss

        step = wrap(written)
        for _ in range(6):
            step(x)
        finals.append([np.asarray(p.detach()) for p in model.parameters()])
        assert optimizer.state[model[0].weight]["step"] == 6
    for ours, theirs in zip(*finals, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("wrap", [lambda step: step, cr.capture])
def test_hooks_are_called_once_a_step_where_that_takes_the_step_of_its_base_class(wrap):
    class Counting(cr.optim.SGD):
        steps = 0

        def step(self, closure=None):
            self.steps += 1
            return super().step(closure)

    w, seen = cr.tensor([1.0, 2.0], requires_grad=True), []
    optimizer = Counting([w], lr=0.1)
    optimizer.register_step_pre_hook(lambda optimizer, args, kwargs: seen.append("before"))
    optimizer.register_step_post_hook(lambda optimizer, args, kwargs: seen.append("after"))

    @wrap
    def step():
        (w * w).sum().backward()
        optimizer.step()
        optimizer.zero_grad()

    for _ in range(5):
        step()
    assert optimizer.steps == 5
    assert seen == ["before", "after"] * 5


def test_the_trainer_takes_it():
    model, x = network(cr)
    data = cr.data.DataLoader(cr.data.TensorDataset(x, x.sum(1, keepdim=True)), batch_size=4)
    trainer = cr.train.Trainer(model, cr.nn.MSELoss(), lion(cr)(model.parameters(), lr=0.02))
    history = trainer.fit(data, epochs=8)
    assert history.epochs[-1]["train_loss"] < history.epochs[0]["train_loss"]


def test_its_parameters_keep_their_memory():
    values = np.ones(3, np.float32)
    p = cr.from_numpy(values).requires_grad_()
    optimizer = lion(cr)([p], lr=0.5, weight_decay=0)
    p.sum().backward()
    optimizer.step()
    assert values.tolist() == [0.5, 0.5, 0.5]


def test_its_state_goes_through_a_file(tmp_path):
    model, x = network(cr)
    optimizer = lion(cr)(model.parameters())
    model(x).sum().backward()
    optimizer.step()
    cr.save(optimizer.state_dict(), tmp_path / "state.npz")
    other = lion(cr)(model.parameters())
    other.load_state_dict(cr.load(tmp_path / "state.npz"))
    assert other.state[model[0].weight]["step"] == 1
    np.testing.assert_array_equal(*(np.asarray(o.state[model[0].bias]["average"]) for o in (optimizer, other)))
