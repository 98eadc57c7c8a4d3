"""Activation functions against PyTorch's: values, gradients, in-place forms, errors, and what repr shows."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn
from chainrule.nn import functional as F

torch = pytest.importorskip("torch")
tnn = torch.nn

pytestmark = pytest.mark.torch


IN_PLACE = {
    **dict.fromkeys(["relu", "relu6", "elu", "selu", "celu", "silu", "mish", "hardsigmoid", "hardswish"], ()),
    "hardtanh": (-1.0, 0.5),
    "leaky_relu": (0.1,),
    "rrelu": (0.1, 0.4, True),
    "threshold": (0.1, 5.0),
}


@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place_forms_change_their_input_and_keep_its_gradient(name):
    x = np.random.default_rng(0).standard_normal((5, 4)).astype(np.float32) * 3
    args, seen = IN_PLACE[name], []
    for lib, f in ((cr, F), (torch, tnn.functional)):
        lib.manual_seed(0)
        w = lib.tensor(x, requires_grad=True)
        h = w * 1
        y = getattr(f, name)(h, *args, inplace=True)
        assert y is h
        y.sum().backward()
        seen.append((y.detach().numpy(), w.grad.numpy()))
        if hasattr(tnn.functional, f"{name}_"):
            lib.manual_seed(0)
            assert np.array_equal(getattr(f, f"{name}_")(lib.tensor(x), *args).numpy(), y.detach().numpy())
        with pytest.raises(RuntimeError, match="leaf"):
            getattr(f, name)(w, *args, inplace=True)
    for ours, theirs in zip(*seen, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize(
    "run",
    [
        lambda m, f: f.softshrink(m.ones(2), -1.0),
        lambda m, f: f.softshrink(m.ones(2), float("inf")),
        lambda m, f: f.celu(m.ones(2), 0.0),
        lambda m, f: f.rrelu(m.ones(2), 0.5, 0.2),
        lambda m, f: f.gelu(m.ones(2), approximate="x"),
        lambda m, f: f.hardtanh(m.ones(2), 1, -1),
        lambda m, f: m.nn.Hardtanh(1, 1),
        lambda m, f: f.glu(m.ones(3)),
        lambda m, f: f.glu(m.ones(())),
        lambda m, f: f.glu(m.ones(4), 2),
        lambda m, f: f.prelu(m.ones(2, 3), m.ones(2)),
        lambda m, f: f.prelu(m.ones(2, 3), m.ones(1, 3)),
        lambda m, f: f.prelu(m.ones(3), m.ones(3)),
        lambda m, f: f.prelu(m.ones(3), m.ones(1, dtype=m.float64)),
        lambda m, f: f.softmin(m.ones(2) > 0, 0),
        lambda m, f: f.softmax(m.ones(2), 2),
        lambda m, f: m.nn.Softmax2d()(m.ones(2, 2)),
        lambda m, f: m.nn.Hardtanh(1, lower=3),
    ],
)
def test_errors_are_of_the_type_that_pytorch_raises(run):
    with pytest.raises(Exception) as theirs:  # noqa: PT011
        run(torch, tnn.functional)
    with pytest.raises(theirs.type):
        run(cr, F)


def test_old_names_of_the_bounds_are_taken_with_a_warning():
    with pytest.warns(FutureWarning, match="`min_value` is deprecated"):
        assert nn.Hardtanh(min_value=-2.0).min_val == -2


def test_a_softmax_without_an_axis_takes_that_of_pytorch_with_a_warning():
    x = np.random.default_rng(0).standard_normal((2, 3, 4))
    for shaped in (x, x[0], x[0, 0]):
        for name in ("softmax", "softmin", "log_softmax"):
            with pytest.warns(UserWarning, match="Implicit dimension"):
                ours = getattr(F, name)(shaped)
            with pytest.warns(UserWarning, match="Implicit dimension"):
                theirs = getattr(tnn.functional, name)(torch.tensor(shaped))
            np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-12)
    images = x[None]
    np.testing.assert_allclose(
        nn.Softmax2d()(images).numpy(), tnn.Softmax2d()(torch.tensor(images)).numpy(), rtol=1e-12
    )
    assert str(F.softmin([1, 2], 0, dtype=cr.float64).dtype) == "float64"
