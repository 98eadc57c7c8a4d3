"""nn.utils against PyTorch's."""

import numpy as np
import pytest

from chainrule import creation as cr
from chainrule import nn
from chainrule.nn import utils
from chainrule.tensor import Tensor

torch = pytest.importorskip("torch")
tutils = torch.nn.utils

pytestmark = pytest.mark.torch


def with_gradients(scale=1.0):
    rng = np.random.default_rng(0)
    ours, theirs = [], []
    for shape in ((3, 4), (5,), (2, 2)):
        grad = (scale * rng.standard_normal(shape)).astype(np.float32)
        ours.append(nn.Parameter(np.zeros(shape, np.float32)))
        theirs.append(torch.nn.Parameter(torch.zeros(shape)))
        ours[-1].grad, theirs[-1].grad = Tensor(grad.copy()), torch.tensor(grad)
    ours.append(nn.Parameter([1.0]))
    theirs.append(torch.nn.Parameter(torch.ones(1)))
    return ours, theirs


@pytest.mark.parametrize("norm_type", [2.0, 1.0, 3.0, float("inf")])
@pytest.mark.parametrize("scale", [0.01, 10.0])
def test_clip_grad_norm_agrees(norm_type, scale):
    ours, theirs = with_gradients(scale)
    norm = utils.clip_grad_norm_(iter(ours), 1.5, norm_type)
    expected = tutils.clip_grad_norm_(theirs, 1.5, norm_type)
    assert norm.item() == pytest.approx(expected.item(), rel=1e-6)
    assert norm.shape == ()
    assert norm.dtype == np.float32
    for p, q in zip(ours[:-1], theirs[:-1], strict=True):
        assert np.allclose(p.grad.array, q.grad.numpy(), rtol=1e-5)
        assert p.grad.dtype == np.float32
    assert ours[-1].grad is None


def test_clip_grad_value_agrees():
    ours, theirs = with_gradients()
    utils.clip_grad_value_(ours, 0.5)
    tutils.clip_grad_value_(theirs, 0.5)
    for p, q in zip(ours[:-1], theirs[:-1], strict=True):
        assert np.array_equal(p.grad.array, q.grad.numpy())


def test_a_norm_that_is_not_finite_is_an_error_if_asked_for():
    p = nn.Parameter([1.0, 2.0])
    p.grad = Tensor([float("nan"), 1.0])
    with pytest.raises(RuntimeError, match="error_if_nonfinite=False"):
        utils.clip_grad_norm_(p, 1.0, error_if_nonfinite=True)
    assert p.grad.tolist()[1] == 1.0
    assert np.isnan(utils.clip_grad_norm_(p, 1.0).item())


def test_without_gradients_the_norm_is_zero():
    assert utils.clip_grad_norm_([nn.Parameter([1.0])], 1.0).item() == 0


def test_clipping_leaves_gradients_unseen_so_that_their_memory_is_used_again():
    layer = nn.Linear(2, 2)
    layer(cr.ones(1, 2)).sum().backward()
    memory = layer.weight._grad.array
    utils.clip_grad_norm_(layer.parameters(), 0.1)
    utils.clip_grad_value_(layer.parameters(), 0.1)
    layer.zero_grad()
    layer(cr.ones(1, 2)).sum().backward()
    assert layer.weight._grad.array is memory


def test_parameters_go_to_a_vector_and_back():
    source, target = nn.Linear(3, 2), nn.Linear(3, 2)
    vector = utils.parameters_to_vector(source.parameters())
    assert vector.shape == (8,)
    utils.vector_to_parameters(vector, target.parameters())
    assert np.array_equal(source.weight.array, target.weight.array)
    assert np.array_equal(source.bias.array, target.bias.array)
    with pytest.raises(TypeError, match="expected a Tensor, got list"):
        utils.vector_to_parameters([1.0], target.parameters())


@pytest.mark.parametrize("library", ["ours", "theirs"])
def test_parameters_become_pieces_of_the_vector(library):
    module, ones, functions = (nn, cr.ones, utils) if library == "ours" else (torch.nn, torch.ones, tutils)
    vector, p = ones(6) * 2, module.Parameter(ones(2))
    functions.vector_to_parameters(vector, [p])
    vector[0] = 9.0
    assert p.tolist() == [9.0, 2.0]
    assert p.requires_grad


def test_parameters_that_are_not_contiguous_make_no_vector():
    for functions, p in ((utils, nn.Parameter(cr.ones(2, 3).t())), (tutils, torch.ones(2, 3).t())):
        with pytest.raises(RuntimeError, match="reshape"):
            functions.parameters_to_vector([p])


def test_an_empty_generator_is_warned_of():
    for functions in (utils, tutils):
        with pytest.warns(UserWarning, match="empty generator"):
            functions.clip_grad_norm_((p for p in []), 1.0)
