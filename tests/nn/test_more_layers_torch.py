"""Normalisation, tables, bilinear layers and alpha dropout against PyTorch's: values, gradients, state, errors."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn
from chainrule.nn import functional as F

torch = pytest.importorskip("torch")
tnn = torch.nn

pytestmark = pytest.mark.torch


ERRORS = [
    lambda m, f: m.nn.Unflatten(1, (2, 3.0)),
    lambda m, f: m.nn.Unflatten(1, 6),
    lambda m, f: m.nn.Unflatten(1, (2, 2))(m.ones(4, 6)),
    lambda m, f: m.nn.Unflatten(1, (-1, 4))(m.ones(4, 6)),
    lambda m, f: m.nn.Unflatten(1, (-1, -1))(m.ones(4, 6)),
    lambda m, f: m.nn.Unflatten(1, ())(m.ones(4, 6)),
    lambda m, f: m.nn.Unflatten(2, (2, 3))(m.ones(4, 6)),
    lambda m, f: m.nn.Bilinear(0, 1, 1),
    lambda m, f: m.nn.Bilinear(2, 3, 1)(m.ones(4, 2), m.ones(4, 2)),
    lambda m, f: m.nn.Bilinear(2, 3, 1)(m.ones(4, 2), m.ones(5, 3)),
    lambda m, f: m.nn.AlphaDropout(1.5),
    lambda m, f: f.alpha_dropout(m.ones(2), -0.1),
    lambda m, f: m.nn.LayerNorm(3)(m.ones(4, 2)),
    lambda m, f: m.nn.LayerNorm((2, 3))(m.ones(3)),
    lambda m, f: f.layer_norm(m.ones(4, 3), ()),
    lambda m, f: f.layer_norm(m.ones(4, 3), (3,), m.ones(4)),
    lambda m, f: f.layer_norm(m.ones(4, 3), (3,), m.ones(3), m.ones(3, dtype=m.float64)),
    lambda m, f: m.nn.RMSNorm(3)(m.ones(4, 2)),
    lambda m, f: m.nn.GroupNorm(4, 6),
    lambda m, f: m.nn.GroupNorm(2, 6)(m.ones(4, 5)),
    lambda m, f: m.nn.GroupNorm(2, 6)(m.ones(6)),
    lambda m, f: m.nn.GroupNorm(6, 6)(m.ones(1, 6)),
    lambda m, f: m.nn.GroupNorm(2, 6)(m.ones(4, 8)),
    lambda m, f: m.nn.Embedding(3, 2, padding_idx=3),
    lambda m, f: m.nn.Embedding(3, 2, padding_idx=-4),
    lambda m, f: m.nn.Embedding(3, 2, _weight=m.ones(2, 2)),
    lambda m, f: m.nn.Embedding.from_pretrained(m.ones(2)),
    lambda m, f: m.nn.Embedding(3, 2)(m.tensor([3])),
    lambda m, f: m.nn.Embedding(3, 2)(m.tensor([-1])),
    lambda m, f: m.nn.Embedding(3, 2)(m.ones(2)),
    lambda m, f: f.embedding(m.tensor([0]), m.ones(3)),
    lambda m, f: f.embedding(m.tensor([0]), m.ones(3, 2), padding_idx=5),
]


@pytest.mark.parametrize("run", ERRORS)
def test_errors_are_of_the_type_that_pytorch_raises(run):
    with pytest.raises(Exception) as theirs:  # noqa: PT011
        run(torch, tnn.functional)
    with pytest.raises(theirs.type):
        run(cr, F)


def test_sparse_gradients_are_refused():
    for refused in (lambda: nn.Embedding(3, 2, sparse=True), lambda: F.embedding([0], cr.ones(3, 2), sparse=True)):
        with pytest.raises(NotImplementedError, match="sparse=False gives the same numbers"):
            refused()


@pytest.mark.parametrize("freeze", [True, False])
def test_a_table_can_be_given(freeze):
    table, index = np.arange(12, dtype=np.float32).reshape(4, 3), np.array([1, 1, 3])
    seen = []
    for lib in (cr, torch):
        layer = lib.nn.Embedding.from_pretrained(lib.from_numpy(table.copy()), freeze, padding_idx=1)
        y = layer(lib.from_numpy(index))
        assert y.requires_grad is not freeze
        if not freeze:
            y.sum().backward()
        seen.append((repr(layer), y.detach().numpy(), None if freeze else layer.weight.grad.numpy()))
    (shown, ours, gradient), (their_shown, theirs, their_gradient) = seen
    assert shown == their_shown
    np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(gradient, their_gradient)
