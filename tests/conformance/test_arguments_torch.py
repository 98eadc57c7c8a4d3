"""Every argument of PyTorch's is tried or refused: of optimisers, schedules, initial values, random numbers."""

import inspect
import zlib

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.conformance.compare import REFUSALS  # noqa: E402
from tests.conformance.draws import Draw  # noqa: E402
from tests.conformance.library import OURS, THEIRS  # noqa: E402
from tests.conformance.registry import CASES  # noqa: E402

pytestmark = pytest.mark.torch

SECTIONS = ("Making tensors", "Optimisers", "Schedulers", "Initial values", "Random numbers")
COVERED = {case.name: case for case in CASES if case.section in SECTIONS}
# What PyTorch documents in words, for what is written in C++; without names, which tensors here do not have.
MADE = "generator out dtype layout device requires_grad pin_memory"
LIKE = "generator dtype layout device requires_grad memory_format"
NEW = "out dtype layout device requires_grad pin_memory"
NEW_LIKE = "dtype layout device requires_grad memory_format"
IN_WORDS = {
    "zeros": f"size {NEW}",
    "ones": f"size {NEW}",
    "empty": f"size {NEW} memory_format",
    "full": f"size fill_value {NEW}",
    "zeros_like": f"input {NEW_LIKE}",
    "ones_like": f"input {NEW_LIKE}",
    "empty_like": f"input {NEW_LIKE}",
    "full_like": f"input fill_value {NEW_LIKE}",
    "arange": f"start end step {NEW}",
    "linspace": f"start end steps {NEW}",
    "logspace": f"start end steps base {NEW}",
    "eye": f"n m {NEW}",
    "tensor": "data dtype device requires_grad pin_memory",
    "as_tensor": "data dtype device",
    "from_numpy": "ndarray",
    "rand": f"size {MADE}",
    "randn": f"size {MADE}",
    "randint": f"low high size {MADE}",
    "randperm": f"n {MADE}",
    "rand_like": f"input {LIKE}",
    "randn_like": f"input {LIKE}",
    "randint_like": f"input low high {LIKE}",
    "normal": f"mean std size {MADE}",
    "bernoulli": "input p generator out",
    "multinomial": "input num_samples replacement generator out",
    "Tensor.uniform_": "from to generator",
    "Tensor.normal_": "mean std generator",
    "Tensor.bernoulli_": "p generator",
    "Tensor.exponential_": "lambd generator",
    "Tensor.random_": "from to generator",
    "Generator": "device",
}
# What the cases give by position.
OF_DATA = {
    "dataset",
    "data_source",
    "indices",
    "weights",
    "num_samples",
    "lengths",
    "sampler",
    "batch_size",
    "drop_last",
    "parameters",
    "vec",
    "ndarray",
}
GIVEN = {"params", "input", "tensor", "tensors", "n", "low", "high", "size", "mean", "std", *OF_DATA}


def arguments_of(name):
    if name in IN_WORDS:
        return IN_WORDS[name].split()
    return [
        p.name for p in inspect.signature(COVERED[name].of(THEIRS)).parameters.values() if p.kind != p.VAR_KEYWORD
    ]


def trials(case):
    for i in range(120):
        dtype = case.dtypes[i % len(case.dtypes)]
        yield case.draw(Draw(zlib.crc32(f"{case.name} {i}".encode()), np.dtype(dtype)))


@pytest.mark.parametrize("name", COVERED)
def test_every_argument_of_pytorchs_is_tried_or_refused(name):
    case = COVERED[name]
    tried = {option for trial in trials(case) for option, value in trial.options.items()}
    assert set(arguments_of(name)) <= tried | set(case.refused) | GIVEN


@pytest.mark.parametrize(("name", "argument"), [(n, a) for n, case in COVERED.items() for a in case.refused])
def test_what_is_refused_is_named(name, argument):
    trial = next(iter(trials(COVERED[name])))
    trial.options.clear()
    trial.options[argument] = COVERED[name].refused[argument]
    with pytest.raises(REFUSALS, match=argument):
        trial.run(OURS)


def test_no_optimizer_schedule_or_initial_value_is_left_out():
    optimizers = {
        n for n, c in vars(torch.optim).items() if inspect.isclass(c) and issubclass(c, torch.optim.Optimizer)
    }
    beyond = {
        "Optimizer",
        "SparseAdam",
        "Adafactor",
        "Muon",
    }  # sparse gradients; statistics and products of matrices
    fills = {n for n in vars(torch.nn.init) if n.endswith("_") and n[0] != "_"}
    assert {f"optim.{n}" for n in optimizers - beyond} <= set(COVERED)
    assert {f"optim.lr_scheduler.{n}" for n in torch.optim.lr_scheduler.__all__} <= set(COVERED)
    assert {f"nn.init.{n}" for n in fills} | {"nn.init.calculate_gain"} <= set(COVERED)
