"""A loss that is not finite is reported with its place and its cause."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.train import Callback, NonFiniteLossError, Trainer


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.flatten = nn.Flatten()
        self.linear_relu_stack = nn.Sequential(
            nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 3)
        )

    def forward(self, x):
        return self.linear_relu_stack(self.flatten(x))


def batches(n=3):
    rng = np.random.default_rng(0)
    return [(rng.standard_normal((6, 2, 2)).astype(np.float32), rng.integers(0, 3, 6)) for _ in range(n)]


class At(Callback):
    """Does something to the model after a step."""

    def __init__(self, step, action):
        self.step, self.action = step, action

    def on_step_end(self, trainer, loss):
        if len(trainer.history.steps) == self.step:
            self.action(trainer.model)


def fails(data, callbacks=(), loss_fn=None, model=None):
    cr.manual_seed(0)
    model = model or Network()
    trainer = Trainer(
        model, loss_fn or nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.1), callbacks=callbacks
    )
    with pytest.raises(NonFiniteLossError) as caught:
        trainer.fit(data, 3)
    return caught.value, trainer


def set_to(name, value):
    return lambda model: model.get_parameter(name).array.flat.__setitem__(0, value)


def test_weights_that_are_not_finite_are_named():
    error, _ = fails(batches(), [At(4, set_to("linear_relu_stack.4.weight", np.inf))])
    assert (error.epoch, error.batch, error.layer) == (2, 2, "linear_relu_stack.4")
    assert "epoch 2, batch 2 is " in str(error)
    assert "the weight of linear_relu_stack.4 (Linear) is not finite" in str(error)


def test_input_data_that_are_not_finite_are_named():
    data = batches()
    data[2][0][1, 0, 1] = np.nan
    error, _ = fails(data)
    assert (error.epoch, error.batch, error.layer) == (1, 3, "flatten")
    assert "the input data X of this batch are not finite (flatten (Flatten)" in str(error)


def test_the_first_layer_whose_output_overflows_is_named():
    error, _ = fails(batches(), [At(1, lambda model: model.linear_relu_stack[4].weight.array.fill(3e38))])
    assert (error.batch, error.layer) == (2, "linear_relu_stack.4")
    assert "the output of linear_relu_stack.4 (Linear) is not finite, while its input and its weights" in str(
        error
    )


def test_targets_and_the_loss_function_are_named_when_no_layer_is_to_blame():
    X = np.ones((2, 1), np.float32)
    error, _ = fails([(X, np.array([[1.0], [np.inf]], np.float32))], loss_fn=nn.MSELoss(), model=nn.Linear(1, 1))
    assert error.layer is None
    assert "the targets y of this batch are not finite" in str(error)
    error, _ = fails([(X, X)], loss_fn=lambda pred, y: (pred * 0).log().mean(), model=nn.Linear(1, 1))
    assert "the outputs of all layers are finite, and the loss function" in str(error)


def test_what_happens_between_the_layers_is_named_by_where_it_arrives():
    class Between(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Linear(1, 1), nn.Linear(1, 1)

        def forward(self, x):
            return self.second(self.first(x) / 0)

    X = np.ones((2, 1), np.float32)
    error, _ = fails([(X, X)], loss_fn=nn.MSELoss(), model=Between())
    assert error.layer == "second"
    assert "the input of second (Linear) is not finite, and the layers before it give finite output" in str(error)


def test_a_loss_that_chance_made_is_said_to_be_so():
    class Once(nn.Module):
        calls = 0

        def forward(self, x):
            self.calls += 1
            return x / (self.calls - 1)

    model = nn.Sequential(nn.Linear(1, 1), Once())
    X = np.ones((2, 1), np.float32)
    error, _ = fails([(X, X)], loss_fn=nn.MSELoss(), model=model)
    assert "run again on the same batch, everything is finite" in str(error)


def test_looking_for_the_cause_changes_nothing(monkeypatch):
    seen = {}

    class Look(Trainer):
        def _not_finite(self, value, X, y):
            seen["before"] = self.snapshot()
            error = super()._not_finite(value, X, y)
            seen["after"] = self.snapshot()
            return error

        def snapshot(self):
            model = self.model.state_dict()
            hooks = [len(m._forward_hooks) for m in self.model.modules()]
            return {k: np.array(v).tobytes() for k, v in model.items()}, cr.get_rng_state().tobytes(), hooks

    cr.manual_seed(0)
    model = Network()
    model.linear_relu_stack[4].weight.array.fill(3e38)
    with pytest.raises(NonFiniteLossError):
        Look(model, nn.CrossEntropyLoss(), optim.SGD(model.parameters())).fit(batches(), 1)
    assert seen["before"] == seen["after"]
    assert sum(seen["after"][2]) == 0
    assert model.training


def test_the_update_of_the_failed_step_is_not_made():
    data = batches()
    data[2][0][...] = np.inf
    error, trainer = fails(data)
    assert isinstance(error, ArithmeticError)
    assert len(trainer.history.steps) == 2
    assert all(np.isfinite(np.asarray(p)).all() for p in trainer.model.parameters())
