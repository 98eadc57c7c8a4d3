"""Every name of ours takes PyTorch's arguments, in PyTorch's order and with its defaults."""

import inspect

import pytest

from chainrule import nn

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.torch

# What PyTorch documents in words, for functions that are written in C++.
IN_WORDS = {
    "bilinear": "input1, input2, weight, bias=None",
    "cosine_similarity": "x1, x2, dim=1, eps=1e-08",
    "gelu": "input, approximate='none'",
    "hardshrink": "input, lambd=0.5",
    "linear": "input, weight, bias=None",
    "logsigmoid": "input",
    "one_hot": "tensor, num_classes=-1",
    "pairwise_distance": "x1, x2, p=2.0, eps=1e-06, keepdim=False",
    "prelu": "input, weight",
    "softplus": "input, beta=1, threshold=20",
    "softshrink": "input, lambd=0.5",
}
LEFT_OUT = {"normalize": {"out"}}  # arguments that raise TypeError with us


def arguments(function):
    return {
        name: (p.kind, p.default)
        for name, p in inspect.signature(function).parameters.items()
        if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    }


def public(ours, theirs, condition):
    return sorted(
        name for name in dir(ours) if condition(getattr(ours, name)) and name[0] != "_" and hasattr(theirs, name)
    )


CLASSES = public(nn, torch.nn, lambda x: inspect.isclass(x) and issubclass(x, nn.Module))
FUNCTIONS = [n for n in nn.functional.__all__ if not n.endswith("_")]
FILLS = public(nn.init, torch.nn.init, inspect.isfunction)


@pytest.mark.parametrize("name", [n for n in CLASSES if n not in ("Module", "Sequential")])
def test_modules(name):
    assert arguments(getattr(nn, name)) == arguments(getattr(torch.nn, name))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name):
    ours, theirs = getattr(nn.functional, name), getattr(torch.nn.functional, name)
    if name in IN_WORDS:
        shown = ", ".join(
            p if d is inspect.Parameter.empty else f"{p}={d!r}" for p, (_, d) in arguments(ours).items()
        )
        assert shown == IN_WORDS[name]
        return
    expected = {p: v for p, v in arguments(theirs).items() if p not in LEFT_OUT.get(name, ())}
    assert arguments(ours) == expected


@pytest.mark.parametrize("name", FILLS)
def test_initial_values(name):
    assert arguments(getattr(nn.init, name)) == arguments(getattr(torch.nn.init, name))


COVERED = [
    *("ReLU", "ReLU6", "LeakyReLU", "PReLU", "RReLU", "ELU", "SELU", "CELU", "GELU", "SiLU", "Mish", "Sigmoid"),
    *("LogSigmoid", "Hardsigmoid", "Tanh", "Tanhshrink", "Hardtanh", "Hardswish", "Hardshrink", "Softshrink"),
    *("Softplus", "Softsign", "Threshold", "GLU", "Softmax", "Softmax2d", "LogSoftmax", "Softmin", "Linear"),
    *("Bilinear", "Identity", "Flatten", "Unflatten", "Dropout", "AlphaDropout", "BatchNorm1d", "LayerNorm"),
    *("GroupNorm", "RMSNorm", "Embedding", "CosineSimilarity", "PairwiseDistance"),
]


def test_nothing_of_a_fully_connected_network_is_missing():
    losses = {name for name in dir(torch.nn) if name.endswith("Loss")} - {"CTCLoss", "AdaptiveLogSoftmaxWithLoss"}
    fills = {name for name in vars(torch.nn.init) if name.endswith("_") and name[0] != "_"}
    assert {*COVERED, *losses} - set(dir(nn)) == set()
    assert fills - set(dir(nn.init)) == set()
