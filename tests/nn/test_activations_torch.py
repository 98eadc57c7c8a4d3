"""Activation functions against PyTorch's: values, gradients, in-place forms, errors, and what repr shows."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chainrule as cr
from chainrule import nn
from chainrule.nn import functional as F

torch = pytest.importorskip("torch")
tnn = torch.nn

pytestmark = pytest.mark.torch

# Of every module: arguments, and how many units in the last place outputs and gradients may differ from PyTorch's.
# Those given as "of" are units of 1 + |x| (for gradients: times |grad|), because PyTorch's formula loses digits
# there, 1 − tanh² for one, as does ours.
CASES = {
    "ReLU": [(), 0, 0],
    "ReLU6": [(), 0, 0],
    "Hardtanh": [(-2.0, 0.5), 0, 0],
    "Threshold": [(0.5, 20.0), 0, 0],
    "LeakyReLU": [(0.3,), 0, 0],
    "PReLU": [(1, 0.4), 0, 0],
    "RReLU": [(), 0, 0],
    "ELU": [(2.5,), 4, 4],
    "SELU": [(), 4, 4],
    "CELU": [(0.3,), 4, 6],
    "CELU, negative": [(-2.0,), 4, 6],
    "GELU": [(), "of 4", "of 4"],
    "GELU, tanh": [("tanh",), "of 4", "of 16"],
    "SiLU": [(), 4, "of 4"],
    "Mish": [(), 4, "of 6"],
    "Sigmoid": [(), 4, "of 4"],
    "LogSigmoid": [(), 4, 4],
    "Hardsigmoid": [(), 0, 0],
    "Hardswish": [(), 0, 0],
    "Tanh": [(), 2, "of 4"],
    "Tanhshrink": [(), "of 2", "of 4"],
    "Softsign": [(), 0, 0],
    "Softplus": [(), 4, 6],
    "Softplus, sharp": [(3.0, 5.0), 4, 6],
    "Hardshrink": [(1.0,), 0, 0],
    "Softshrink": [(1.0,), 0, 0],
    "GLU": [(0,), 4, "of 24"],
    "Softmax": [(0,), "of 4", "of 16"],
    "Softmin": [(0,), "of 4", "of 16"],
    "LogSoftmax": [(0,), "of 8", "of 16"],
}
# PyTorch's gradients at NaN, and of GELU its values at infinity, depend on how many elements there are.
UNDEFINED_AT_NAN = ("ReLU6", "Hardtanh", "ELU", "SELU", "CELU", "Hardswish", "Hardshrink", "Softshrink")

DTYPES = st.sampled_from([np.float32, np.float64])
KINKS = [0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 3.0, -3.0, 6.0, -2.0, 5.0 / 3, 20.0, 100.0, -100.0]


@st.composite
def inputs(draw):
    """An array, perhaps empty, perhaps not contiguous, with kinks, infinities and NaN in it."""
    dtype = draw(DTYPES)
    shape = draw(st.sampled_from([(), (1,), (0,), (0, 3), (2, 0), (4, 3), (2, 3, 2), (33,), (6, 16)]))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    special = rng.choice([*KINKS, np.inf, -np.inf, np.nan], shape)
    size = rng.choice([1e-30, 1e-3, 1.0], shape)  # of the usual numbers
    x = np.where(rng.random(shape) < 0.3, special, rng.uniform(-12, 12, shape) * size).astype(dtype)
    return x.T if draw(st.booleans()) else x


def assert_close(ours, theirs, allowed, x, grad=1.0):
    """Compare in units of the last place."""
    assert ours.dtype == theirs.dtype
    assert ours.shape == theirs.shape
    with np.errstate(all="ignore"):
        if isinstance(allowed, str):
            unit = np.abs(grad) * (1 + np.abs(np.nan_to_num(x, posinf=1, neginf=1))).max(initial=0)
            allowed = float(allowed.split()[1])
        else:
            unit = theirs
        allowed = allowed * np.spacing(np.abs(unit).astype(theirs.dtype)) + np.finfo(theirs.dtype).tiny / 64
        within = np.abs(ours - theirs) <= allowed
        assert np.all(within | (ours == theirs) | (np.isnan(ours) & np.isnan(theirs)))


def both(name, *args, **kwargs):
    """Make our module and PyTorch's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return getattr(nn, name)(*args, **kwargs), getattr(tnn, name)(*args, **kwargs)


@pytest.mark.parametrize("case", CASES)
def test_values_and_gradients_are_those_of_pytorch(case):
    name, (args, forward, backward) = case.split(",")[0], CASES[case]

    @settings(max_examples=40, deadline=None, derandomize=True, database=None)
    @given(x=inputs(), training=st.booleans(), seed=st.integers(0, 99))
    def check(x, training, seed):
        if "oft" in name and name not in ("Softsign", "Softplus", "Softshrink"):
            x = np.nan_to_num(x, posinf=12, neginf=-12) if x.ndim else x[None]
        if name == "GLU":
            x = np.concatenate([x, x[::-1]]) if x.ndim else np.stack([x, x])
        if name == "GELU":
            x = np.asarray(np.nan_to_num(x, nan=np.nan, posinf=12, neginf=-12))
        ours, theirs = both(name, *args)
        ours, theirs = ours.to(x.dtype).train(training), theirs.to(getattr(torch, x.dtype.name)).train(training)
        a, b = cr.from_numpy(x).requires_grad_(), torch.from_numpy(x).requires_grad_()
        cr.manual_seed(seed)
        torch.manual_seed(seed)
        ya, yb = ours(a), theirs(b)
        assert_close(ya.detach().numpy(), yb.detach().numpy(), forward, x)
        assert cr.rand(1).item() == torch.rand(1).item()  # as much was drawn
        grad = np.asarray(np.random.default_rng(seed).standard_normal(ya.shape), dtype=x.dtype)
        ya.backward(grad)
        yb.backward(torch.tensor(grad))
        if name in UNDEFINED_AT_NAN:
            a.grad.array[np.isnan(x)] = b.grad.numpy()[np.isnan(x)] = 0
        grad = np.abs(grad).max(initial=0) if "oft" in name or name == "GLU" else grad
        assert_close(a.grad.numpy(), b.grad.numpy(), backward, x, grad)
        for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
            np.testing.assert_allclose(p.grad.numpy(), q.grad.numpy(), rtol=1e-5, atol=1e-5)

    check()


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(
    shape=st.sampled_from([(2, 3), (2, 3, 4), (0, 3), (1, 3, 2, 2)]),
    parameters=st.sampled_from([1, 3]),
    dtype=DTYPES,
    seed=st.integers(0, 99),
)
def test_slopes_of_channels_are_learned_as_in_pytorch(shape, parameters, dtype, seed):
    rng = np.random.default_rng(seed)
    x, grad = (rng.standard_normal(shape).astype(dtype) for _ in range(2))
    ours, theirs = both("PReLU", parameters, 0.1)
    ours, theirs = ours.to(dtype), theirs.to(torch.float64 if dtype == np.float64 else torch.float32)
    a, b = cr.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    ya, yb = ours(a), theirs(b)
    ya.backward(grad)
    yb.backward(torch.tensor(grad))
    tolerance = 1e-6 if dtype == np.float32 else 1e-12
    for p, q in ((ya, yb), (a.grad, b.grad), (ours.weight.grad, theirs.weight.grad)):
        np.testing.assert_allclose(p.detach().numpy(), q.detach().numpy(), rtol=tolerance, atol=tolerance)
    assert list(ours.state_dict()) == list(theirs.state_dict()) == ["weight"]


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


@pytest.mark.parametrize("dtype", ["int64", "uint8", "bool"])
@pytest.mark.parametrize(
    "name",
    [
        *IN_PLACE,
        *[
            "gelu",
            "logsigmoid",
            "hardshrink",
            "softshrink",
            "softplus",
            "softsign",
            "tanhshrink",
            "glu",
            "sigmoid",
        ],
    ],
)
def test_integers_and_booleans_are_taken_or_refused_as_in_pytorch(name, dtype):
    def run(lib, f):
        return getattr(f, name)(lib.tensor([0, 1, 2, 3]).to(getattr(lib, dtype)), *IN_PLACE.get(name, ()))

    try:
        theirs = run(torch, tnn.functional)
    except Exception as error:
        with pytest.raises(type(error)):
            run(cr, F)
    else:
        ours = run(cr, F)
        assert str(ours.dtype) == str(theirs.dtype).removeprefix("torch.")
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-6)


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


@pytest.mark.parametrize(
    ("name", "args"),
    [
        *[(n, ()) for n in dict.fromkeys(c.split(",")[0] for c in CASES) if n != "Threshold"],
        *[(n, (True,)) for n in ["ReLU", "ReLU6", "SELU", "SiLU", "Mish", "Hardswish", "Hardsigmoid"]],
        ("Threshold", (0.1, 20)),
        ("Threshold", (0.1, 20.0, True)),
        ("CELU", (2, True)),
        ("ELU", (2.0, True)),
        ("Hardtanh", (-1, 2, True)),
        ("RReLU", (0.1, 0.2, True)),
        ("LeakyReLU", (0.1, True)),
        ("PReLU", (3,)),
        ("GELU", ("tanh",)),
        ("Softmax2d", ()),
    ],
)
def test_repr_is_that_of_pytorch(name, args):
    ours, theirs = both(name, *args)
    assert repr(ours) == repr(theirs)


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
