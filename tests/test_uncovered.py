"""Names that PyTorch has and this package has not are told from misspellings."""

import inspect
import subprocess
import sys
from importlib import import_module

import numpy as np
import pytest

import chainrule
from chainrule import data, nn, optim
from chainrule.datasets import transforms
from chainrule.functions import NotCovered
from chainrule.later import Missing
from chainrule.uncovered import INSTEAD, missing

LAYER = nn.Linear(3, 2)
# What PyTorch itself needs, and does not list in its documentation or describes as an option of one function.
INTERNAL = {
    *("LinearCrossEntropyOptions", "PackedSequence_", "ScalingType", "SwizzleType", "assert_int_or_pair", "bind"),
    *("factory_kwargs", "invert_permutation", "swap_in_optimizer_params_and_state"),
}


@pytest.mark.parametrize(
    ("owner", "name", "said"),
    [
        (chainrule, "conv2d", "images"),
        (chainrule, "complex64", "complex numbers"),
        (chainrule, "float16", r"half precision .* write chainrule\.float32"),
        (chainrule, "Linear", r"it is chainrule\.nn\.Linear"),
        (nn, "LSTM", "recurrent"),
        (nn, "MultiheadAttention", "attention"),
        (nn, "EmbeddingBag", r"layer is not covered; write nn\.Embedding.*\.sum\(1\); without padding_idx"),
        (nn.functional, "pad", r"other functions do it; write chainrule\.cat"),
        (chainrule.autograd, "functional", "derivatives of derivatives"),
        (chainrule.backends, "opt_einsum", "leave it out"),
        (chainrule.linalg, "eigh", r"write np\.linalg\.eigh"),
        (nn.functional, "scaled_dot_product_attention", "attention"),
        (nn.utils, "weight_norm", "reparametrised"),
        (nn.utils.rnn, "pack_padded_sequence", "recurrent"),
        (optim, "Muon", "optimiser is not covered"),
        (chainrule.utils.data, "StackDataset", "TensorDataset"),
        (chainrule.datasets, "CIFAR10", "MNIST and FashionMNIST; TensorDataset"),
        (transforms, "RandomRotation", r"Lambda\(function\)"),
        (transforms, "v2", "ToTensor"),
        (LAYER, "cuda", "CPU is the only device"),
        (LAYER, "register_backward_hook", "register_full_backward_hook"),
        (chainrule.zeros(2), "half", r"write x\.float\(\)"),
        (chainrule.Tensor, "cuda", "CPU is the only device"),
    ],
)
def test_what_is_not_covered_says_why_and_what_to_write(owner, name, said):
    with pytest.raises(AttributeError, match=f"has no attribute '{name}': .*{said}"):
        getattr(owner, name)
    assert not hasattr(owner, name)


@pytest.mark.parametrize("name", INSTEAD)
def test_what_is_to_be_written_instead_runs(name):
    x, table = chainrule.rand(4, 3), chainrule.rand(9, 4)
    given = {
        "chainrule": chainrule,
        "nn": nn,
        "F": nn.functional,
        "optim": optim,
        "data": data,
        "np": np,
        "transforms": transforms,
        "x": x,
        "y": x,
        "table": table,
        "matrix": chainrule.eye(3),
        "right": chainrule.ones(3, 2),
        "model": LAYER,
        "module": nn.Module(),
        "average": nn.Linear(3, 2).state_dict(),
        "print": lambda grad: None,
        "indices": chainrule.tensor([[1, 2]]),
        "step": lambda: None,
        "dataset": data.TensorDataset(x),
    }
    exec(INSTEAD[name], given)
    assert INSTEAD[name] in missing("chainrule", name)


def test_what_is_written_for_pdist_is_pdist():
    F = pytest.importorskip("torch").nn.functional
    x = chainrule.rand(5, 3)
    expected = F.pdist(F.torch.from_numpy(x.numpy())).numpy()
    np.testing.assert_allclose(
        eval(INSTEAD["pdist"], {"x": x, "chainrule": chainrule}).numpy(), expected, rtol=1e-5
    )


def test_what_is_said_not_to_be_there_is_not():
    for name in INSTEAD:
        assert not any(hasattr(owner, name) for owner in (nn, nn.functional, optim, data, transforms, LAYER)), name
    absent = [name for name, value in vars(NotCovered).items() if isinstance(value, Missing)]
    assert "cuda" in absent
    for name in absent:
        assert not hasattr(chainrule.Tensor, name), name
        assert missing("chainrule.tensor", name), name
    assert not set(absent) & set(dir(chainrule.zeros(2)))


def test_misspellings_are_left_to_python():
    code = "from chainrule import nn; nn.{}"
    for name, said in (("Lineer", "Did you mean: 'Linear'?"), ("Conv1d", "fully-connected networks\n")):
        run = subprocess.run(
            [sys.executable, "-c", code.format(name)], capture_output=True, text=True, check=False
        )
        assert run.stderr.rstrip(" ").endswith(f"{said.strip()}\n"), run.stderr


def test_what_is_there_takes_no_detour():
    assert not hasattr(chainrule.Tensor, "__getattr__")  # which would slow down every attribute


def test_protocols_of_other_libraries_find_nothing():
    for owner in (chainrule, nn, transforms, LAYER):
        with pytest.raises(AttributeError, match=r"__array_interface__'$"):
            owner.__array_interface__  # noqa: B018


@pytest.mark.parametrize("room", ["nn", "nn.functional", "nn.utils.rnn", "optim"])
def test_every_class_and_function_of_pytorch_has_a_reason(room):
    pytest.importorskip("torch")
    theirs, ours = import_module(f"torch.{room}"), import_module(f"chainrule.{room}")
    public = [name for name in dir(theirs) if name[0] != "_" and _is_of(theirs, getattr(theirs, name))]
    unknown = {name for name in public if not hasattr(ours, name) and not missing(ours.__name__, name)}
    assert unknown <= INTERNAL


def _is_of(module, thing):
    made = inspect.isclass(thing) or inspect.isroutine(thing)
    return made and getattr(thing, "__module__", "").startswith(module.__name__)
