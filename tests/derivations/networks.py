"""Networks and losses to explain, random and chosen."""

from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

import chainrule as cr
from chainrule import nn
from chainrule.derivations.expression import Partial

ACTIVATIONS = {
    "Sigmoid": {}, "Tanh": {}, "ReLU": {}, "LeakyReLU": {"negative_slope": 0.2}, "ELU": {"alpha": 0.7},
    "Softmax": {"dim": -1}, "LogSoftmax": {"dim": -1},
}  # fmt: skip
OPTIMIZERS = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.3, "maximize": True}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.5}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.05}),
    ("Adam", {"lr": 0.05, "weight_decay": 0.1, "amsgrad": True, "betas": (0.5, 0.7)}),
    ("Adam", {"lr": 0.05, "weight_decay": 0.1, "decoupled_weight_decay": True, "maximize": True}),
    ("AdamW", {"lr": 0.05, "weight_decay": 0.1}),
    ("NAdam", {"lr": 0.05, "weight_decay": 0.1, "momentum_decay": 0.01}),
    ("NAdam", {"lr": 0.05, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("Adamax", {"lr": 0.05, "weight_decay": 0.1}),
    ("RMSprop", {"lr": 0.05}),
    ("RMSprop", {"lr": 0.05, "momentum": 0.9, "centered": True, "weight_decay": 0.1, "alpha": 0.8}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.5, "weight_decay": 0.1, "initial_accumulator_value": 0.3}),
    ("Adadelta", {"lr": 0.7, "rho": 0.8, "weight_decay": 0.1}),
]


@st.composite
def problems(draw):
    """A fully-connected network with its weights, a batch, a loss and an optimiser, all as data."""
    sizes = draw(st.lists(st.integers(1, 3), min_size=2, max_size=4))
    layers = len(sizes) - 1
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    activations = [draw(st.sampled_from([None, *ACTIVATIONS])) for _ in range(layers)]
    loss = draw(st.sampled_from(["MSELoss", "L1Loss", "BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss"]))
    if loss == "BCELoss":
        activations[-1] = "Sigmoid"
    rows = draw(st.integers(1, 3))
    return {
        "sizes": sizes,
        "activations": activations,
        "weights": [rng.normal(size=shape[::-1]) for shape in pairwise(sizes)],
        "biases": [rng.normal(size=n) if draw(st.booleans()) else None for n in sizes[1:]],
        "x": rng.normal(size=(rows, sizes[0])),
        "y": rng.integers(sizes[-1], size=rows) if loss == "CrossEntropyLoss" else rng.random((rows, sizes[-1])),
        "loss": (loss, {"reduction": draw(st.sampled_from(["mean", "sum"]))}),
        "optimizer": draw(st.sampled_from(OPTIMIZERS)),
        "sample": draw(st.integers(0, rows - 1)),
        "steps before": draw(st.integers(0, 2)),
    }


def build(library, problem):
    """Return model, x, y, loss and optimiser in ``chainrule`` or ``torch``, in float64."""
    modules = []
    tensor = lambda values: library.tensor(np.array(values))  # noqa: E731
    for W, b, name in zip(problem["weights"], problem["biases"], problem["activations"], strict=True):
        linear = library.nn.Linear(W.shape[1], W.shape[0], bias=b is not None, dtype=library.float64)
        with library.no_grad():
            linear.weight.copy_(tensor(W))
            if b is not None:
                linear.bias.copy_(tensor(b))
        modules += [linear] if name is None else [linear, getattr(library.nn, name)(**ACTIVATIONS[name])]
    model = library.nn.Sequential(*modules)
    x, y = tensor(problem["x"]), tensor(problem["y"])
    name, options = problem["loss"]
    loss_fn = getattr(library.nn, name)(**options)
    name, options = problem["optimizer"]
    if name == "Adam" and "decoupled_weight_decay" in options and library is not cr:
        name, options = "AdamW", {k: v for k, v in options.items() if k != "decoupled_weight_decay"}
    optimizer = getattr(library.optim, name)(model.parameters(), **options)
    for _ in range(problem["steps before"]):
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()
    optimizer.zero_grad()
    return model, x, y, loss_fn, optimizer


def by_name(derivation):
    """Return the numbers by (letter, index, layer), those of gradients by ("∂", letter, index, layer)."""
    found = {}
    for line in derivation.lines():
        name = line.name
        if isinstance(name, Partial):
            if name.of.letter != "L":
                continue
            name, prefix = name.by, ("∂",)
        else:
            prefix = ()
        found[*prefix, name.letter, name.index, name.layer] = line.result
    return found


def chosen():
    """Return (model, x, y, loss) that random networks do not reach."""
    cr.manual_seed(3)
    x, classes = cr.randn(4, 3), cr.tensor([0, 2, 1, 1])
    linear = lambda: nn.Linear(3, 3)  # noqa: E731
    F = nn.functional

    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            self.shared = linear()

        def forward(self, x):
            h = F.relu(self.shared(x * 2))
            return (h + self.shared(h)) / (1 + h.exp())

    class Normalised(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear, self.norm = linear(), nn.BatchNorm1d(3)

        def forward(self, x):
            return self.norm(self.linear(x)).abs().sqrt()

    def own_loss(a, y):
        return ((a - y) ** 2).sum(1).mean() + (-a).exp().sum() + (a * a + 1).log().mean()

    weight = cr.tensor([1.0, 2.0, 0.5])
    in_place = nn.Sequential(
        linear(), nn.ELU(inplace=True), linear(), nn.LeakyReLU(0.1, inplace=True), nn.ReLU(inplace=True)
    )
    target = cr.rand(4, 3)
    return {
        "shared weights and a skip connection": (Residual(), x, target, own_loss),
        "batch normalisation": (Normalised(), x, target, nn.MSELoss(reduction="sum")),
        "normalisation in evaluation": (Normalised().eval(), x, target, nn.MSELoss()),
        "each example normalised": (
            nn.Sequential(linear(), nn.LayerNorm(3), nn.GELU(), nn.RMSNorm(3)), x, target, nn.HuberLoss(delta=0.3),
        ),
        "in place": (in_place, x, target, nn.L1Loss()),
        "dropout": (nn.Sequential(linear(), nn.Dropout(0.5), linear()), x, classes, nn.CrossEntropyLoss()),
        "flatten": (nn.Sequential(nn.Flatten(), nn.Linear(4, 2)), cr.randn(2, 2, 2), cr.rand(2, 2), nn.MSELoss()),
        "weighted classes": (
            linear(), x, cr.tensor([0, 2, -100, 1]), nn.CrossEntropyLoss(weight=weight, label_smoothing=0.1),
        ),
        "ignored class": (linear(), x, cr.tensor([-100, 2, 1, 1]), nn.CrossEntropyLoss(ignore_index=-100)),
        "probabilities": (linear(), x, target.softmax(1), nn.CrossEntropyLoss(weight=weight)),
        "nll": (nn.Sequential(linear(), nn.LogSoftmax(1)), x, classes, nn.NLLLoss(weight=weight)),
        "no reduction": (linear(), x, classes, lambda z, y: F.cross_entropy(z, y, reduction="none").sum()),
        "no reduction of squares": (linear(), x, target, lambda z, y: F.mse_loss(z, y, reduction="none").mean()),
        "weighted logits": (linear(), x, target, nn.BCEWithLogitsLoss(weight=weight, pos_weight=weight)),
        "weighted probabilities": (nn.Sequential(linear(), nn.Sigmoid()), x, target, nn.BCELoss(weight=weight)),
        "one example": (nn.Sequential(linear(), nn.Tanh()), x[0], target[0], nn.MSELoss()),
        "one example of a class": (linear(), x[0], cr.tensor(2), nn.CrossEntropyLoss()),
        "large numbers": (nn.Sequential(linear(), nn.Softmax(1)), 1000 * x, target, nn.MSELoss()),
        "large logarithms": (nn.Sequential(linear(), nn.LogSoftmax(1)), 1000 * x, target, nn.MSELoss()),
        "large tanh": (nn.Sequential(linear(), nn.Tanh(), nn.Identity()), 1000 * x, target, nn.MSELoss()),
    }  # fmt: skip
