"""Tensors against PyTorch's: values, dtypes, shapes, gradients and errors."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import chainrule as cr
from chainrule import Tensor

torch = pytest.importorskip("torch")
pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore:.*degrees of freedom")]

drawn = settings(
    max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)

FLOATS = [np.float32, np.float64]
INTEGERS = [np.int8, np.int16, np.int32, np.int64, np.uint8]
DTYPES = [*FLOATS, *INTEGERS, np.bool_]


def both(array, grad=False):
    """Make a tensor of each library from copies of one array."""
    array = np.asarray(array)
    ours, theirs = Tensor(array.copy()), torch.from_numpy(array.copy())
    if grad and array.dtype.kind == "f":
        ours.requires_grad_(), theirs.requires_grad_()
    return ours, theirs


def assert_same(ours, theirs, rtol=None, atol=None):
    if isinstance(theirs, (tuple, list)) and not isinstance(theirs, torch.Size):
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            assert_same(a, b, rtol, atol)
    elif isinstance(theirs, torch.Tensor):
        assert isinstance(ours, Tensor)
        expected = theirs.detach().numpy()
        assert ours.array.dtype == expected.dtype
        assert tuple(ours.shape) == tuple(expected.shape)
        assert ours.requires_grad == theirs.requires_grad
        eps = np.finfo(expected.dtype).eps if expected.dtype.kind == "f" else 0
        # float32 functions differ in the last digits between the libraries
        np.testing.assert_allclose(
            ours.array, expected, rtol=8 * eps if rtol is None else rtol, atol=4 * eps if atol is None else atol
        )
    else:
        assert type(ours) is type(theirs) or isinstance(theirs, torch.Size)
        assert tuple(ours) == tuple(theirs) if isinstance(theirs, torch.Size) else ours == theirs


def assert_same_function(function, *arrays, grad=True, rtol=None, atol=None):
    """Compare a function's results, and its gradients for one vector of a vector-Jacobian product."""
    ours, theirs = zip(*(both(a, grad) for a in arrays), strict=True) if arrays else ((), ())
    try:
        expected = function(torch, *theirs)
    except NotImplementedError:
        return  # a dtype that PyTorch has no kernel for
    except (RuntimeError, IndexError, TypeError, ValueError) as error:
        with pytest.raises((RuntimeError, IndexError, TypeError, ValueError, OverflowError)):
            print("ours:", function(cr, *ours), "PyTorch:", error)
        return
    result = function(cr, *ours)
    assert_same(result, expected, rtol, atol)
    results = result if isinstance(result, (tuple, list)) else [result]
    expected = expected if isinstance(expected, (tuple, list)) else [expected]
    for y, z in zip(results, expected, strict=True):
        if not (isinstance(z, torch.Tensor) and z.requires_grad):
            continue
        vector = np.random.default_rng(1).uniform(0.5, 1.5, tuple(z.shape)).astype(z.detach().numpy().dtype)
        y.backward(vector, retain_graph=True)
        z.backward(torch.from_numpy(np.asarray(vector)), retain_graph=True)
    for x, t in zip(ours, theirs, strict=True):
        if t.grad is None:
            assert x.grad is None
        else:
            assert_same(
                x.grad,
                t.grad,
                1e-5 if t.dtype == torch.float32 else 1e-10,
                1e-5 if t.dtype == torch.float32 else 1e-10,
            )


@st.composite
def arrays(draw, kinds=DTYPES, shapes=None, special=True):
    """An array: ties, zeros, large and negative numbers and, where they are of use, NaN and infinities."""
    shape = draw(shapes if shapes is not None else SHAPES)
    dtype = np.dtype(draw(st.sampled_from(kinds)))
    rng = np.random.default_rng(draw(st.integers(0, 2**20)))
    if dtype.kind == "f":
        x = draw(st.sampled_from([1.0, 1.0, 100.0])) * rng.standard_normal(shape)
        x = np.where(rng.random(shape) < draw(st.sampled_from([0, 0.3])), np.round(x), x)
        if special and draw(st.integers(0, 4)) == 0:
            x = np.where(rng.random(shape) < 0.3, rng.choice([np.nan, np.inf, -np.inf, 0.0, -0.0], shape), x)
        return np.asarray(x, dtype=dtype)
    if dtype == np.bool_:
        return np.asarray(rng.random(shape) < 0.5)
    return rng.integers(0 if dtype.kind == "u" else -9, 9, shape).astype(dtype)


SHAPES = st.one_of(
    st.lists(st.integers(1, 4), max_size=4).map(tuple),
    st.sampled_from([(), (), (0,), (2, 0), (0, 3), (1, 1), (7,)]),
)


@st.composite
def pairs(draw, kinds=DTYPES, special=True):
    """Two arrays that broadcast, in either direction."""
    full = draw(SHAPES)
    result = []
    for _ in range(2):
        shape = tuple(n if draw(st.booleans()) else 1 for n in full)
        shape = shape[draw(st.integers(0, len(shape))) if draw(st.booleans()) else 0 :]
        result.append(draw(arrays(kinds, st.just(shape), special)))
    return tuple(result)


# ---- functions of each element ---------------------------------------------------------------------------

EACH = {
    "exp": lambda lib, x: x.exp(),
    "log": lambda lib, x: x.log(),
    "sqrt": lambda lib, x: x.sqrt(),
    "square": lambda lib, x: x.square(),
    "tanh": lambda lib, x: x.tanh(),
    "sigmoid": lambda lib, x: x.sigmoid(),
    "relu": lambda lib, x: x.relu(),
    "abs": lambda lib, x: abs(x),
    "neg": lambda lib, x: -x,
    "invert": lambda lib, x: ~x,
    "clone": lambda lib, x: x.clone(),
    "sign": lambda lib, x: x.sign(),
    "round": lambda lib, x: x.round(),
    "isnan": lambda lib, x: x.isnan(),
    "isfinite": lambda lib, x: x.isfinite(),
    "logical_not": lambda lib, x: x.logical_not(),
    "float": lambda lib, x: x.float(),
    "double": lambda lib, x: x.double(),
    "bool": lambda lib, x: x.bool(),
    "to": lambda lib, x: x.to(lib.float64),
    "clip both": lambda lib, x: x.clip(0, 2),
    "clip low": lambda lib, x: x.clip(min=0.5),
    "clip high": lambda lib, x: x.clamp(max=0.5),
    "clip with tensors": lambda lib, x: x.clip(lib.tensor(-0.5), lib.tensor(2.0)),
    "clip crossed": lambda lib, x: x.clamp(2, 1),
    "masked_fill": lambda lib, x: x.masked_fill(x == 0, 3),
    "masked_fill with a float": lambda lib, x: x.masked_fill(x == 0, float("-inf")),
    "pow 2": lambda lib, x: x**2,
    "pow 3": lambda lib, x: x**3,
    "pow 0": lambda lib, x: x**0,
    "pow 1": lambda lib, x: x**1,
    "pow 0.5": lambda lib, x: (x * x + 0.5) ** 0.5,
    "pow -1": lambda lib, x: x**-1,
    "pow -2": lambda lib, x: x**-2,
    "2 pow": lambda lib, x: 2 ** x.double(),
    "1.5 pow": lambda lib, x: 1.5**x,
    "add 1": lambda lib, x: x + 1,
    "1 -": lambda lib, x: 1 - x,
    "mul 2.5": lambda lib, x: 2.5 * x,
    "div 2": lambda lib, x: x / 2,
    "1 div": lambda lib, x: 1 / x,
    "floordiv": lambda lib, x: x.detach() // 2,
    "mod": lambda lib, x: x % 3,
    "mod of": lambda lib, x: 7 % (x.detach().abs() + 1),
    "add True": lambda lib, x: x + True,
    "sin": lambda lib, x: x.sin(),
    "cos": lambda lib, x: x.cos(),
    "detach": lambda lib, x: x.detach(),
    "contiguous": lambda lib, x: x.contiguous(),
}


@pytest.mark.parametrize("name", EACH)
def test_functions_of_each_element_are_those_of_pytorch(name):
    @drawn
    @given(arrays(special=name not in ("clip with tensors", "mod of")))
    def check(x):
        if (name in ("relu", "sign") and x.dtype == bool) or (name in ("pow -1", "pow -2") and not x.size):
            return  # of no use; PyTorch refuses the first
        with np.errstate(all="ignore"):
            assert_same_function(EACH[name], x)

    check()


def test_casts_to_integers_truncate():
    assert_same_function(lambda lib, x: (x.int(), x.long()), np.array([-1.7, -0.2, 0.0, 2.9]))


# ---- two operands ----------------------------------------------------------------------------------------

PAIRS = {
    "add": lambda lib, a, b: a + b,
    "sub": lambda lib, a, b: a - b,
    "mul": lambda lib, a, b: a * b,
    "div": lambda lib, a, b: a / b,
    "maximum": lambda lib, a, b: a.maximum(b),
    "minimum": lambda lib, a, b: a.minimum(b),
    "max": lambda lib, a, b: a.max(b),
    "min": lambda lib, a, b: a.min(b),
    "eq": lambda lib, a, b: a == b,
    "ne": lambda lib, a, b: a != b,
    "lt": lambda lib, a, b: a < b,
    "le": lambda lib, a, b: a <= b,
    "gt": lambda lib, a, b: a > b,
    "ge": lambda lib, a, b: a >= b,
    "where": lambda lib, a, b: lib.where(a > 0, a, b),
    "and": lambda lib, a, b: a & b,
    "or": lambda lib, a, b: a | b,
    "xor": lambda lib, a, b: a ^ b,
}


@pytest.mark.parametrize("name", PAIRS)
def test_functions_of_two_operands_broadcast_and_promote_as_in_pytorch(name):
    @drawn
    @given(pairs())
    def check(operands):
        assert_same_function(PAIRS[name], *operands)

    check()


@pytest.mark.parametrize("name", ["pow", "mod", "floordiv"])
def test_functions_that_round_agree_on_ordinary_numbers(name):
    function = {
        "pow": lambda lib, a, b: a**b,
        "mod": lambda lib, a, b: a % b,
        "floordiv": lambda lib, a, b: a // b,
    }

    @drawn
    @given(pairs(special=False))
    def check(operands):
        a, b = operands
        if name == "pow":
            b = b if b.dtype == bool else np.clip(b, 0 if b.dtype.kind == "i" else -3, 3)
            b = np.asarray(b, dtype=np.float64) if "b" in (a.dtype.kind, b.dtype.kind) else b
            assert_same_function(function[name], a, b, rtol=1e-5)
        else:
            assert_same_function(function[name], a, np.where(b == 0, np.ones_like(b), b), grad=name == "mod")

    check()


NUMBERS = [2, -1, 0.5, True]


@pytest.mark.parametrize("kinds", list(itertools.product(DTYPES, [*DTYPES, *NUMBERS])))
def test_dtypes_promote_as_in_pytorch(kinds):
    left, right = kinds
    for a, b in itertools.product([(2,), ()], [(2,), ()]):
        x = np.ones(a, left)
        if isinstance(right, type):
            operands = [x, np.ones(b, right)]
            functions = [lambda lib, x, y: x * y, lambda lib, x, y: y * x, lambda lib, x, y: x / y]
            functions += [lambda lib, x, y: x.maximum(y), lambda lib, x, y: lib.where(x == 1, x, y)]
            functions += [lambda lib, x, y: lib.cat([x.reshape(-1), y.reshape(-1)])]
        else:
            operands = [x]
            functions = [lambda lib, x: x * right, lambda lib, x: right + x, lambda lib, x: x / right]
            functions += [lambda lib, x: right / x, lambda lib, x: lib.where(x == 1, x, right)]
            functions += [lambda lib, x: x > right, lambda lib, x: x**right if right != -1 else x]
        for function in functions:
            if not (left == np.uint8 and right == -1) and not (left == np.bool_ and right is True):
                assert_same_function(function, *operands)


@drawn
@given(st.data())
def test_matrix_products_are_those_of_pytorch(data):
    n, k, m = (data.draw(st.integers(0, 4)) for _ in range(3))
    stacks = data.draw(st.sampled_from([((), ()), ((2,), ()), ((), (2,)), ((2, 1), (3,))]))
    a, b = (*stacks[0], n, k), (*stacks[1], k, m)
    a = (k,) if data.draw(st.booleans()) and not stacks[0] else a
    b = (k,) if data.draw(st.booleans()) and not stacks[1] else b
    dtype = st.sampled_from([np.float32, np.float64, np.int64])
    x = data.draw(arrays([data.draw(dtype)], st.just(a), special=False)) / 1
    y = data.draw(arrays([data.draw(dtype)], st.just(b), special=False)) / 1
    assert_same_function(lambda lib, x, y: x @ y, x, y.astype(x.dtype), rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize(
    "shapes", [((2, 3), (2, 3)), ((), (2,)), ((2, 3), ()), ((3,), (2,)), ((2, 2, 3), (3, 3, 2))]
)
def test_matrix_products_of_unfit_shapes_raise(shapes):
    assert_same_function(lambda lib, x, y: x @ y, *(np.ones(s) for s in shapes))


# ---- reductions ------------------------------------------------------------------------------------------

REDUCTIONS = {
    "sum": lambda lib, x, **k: x.sum(**k),
    "mean": lambda lib, x, **k: x.mean(**k),
    "var": lambda lib, x, **k: x.var(**k),
    "std": lambda lib, x, **k: x.std(**k),
    "amax": lambda lib, x, **k: x.amax(**k),
    "amin": lambda lib, x, **k: x.amin(**k),
    "any": lambda lib, x, **k: x.any(**k),
    "all": lambda lib, x, **k: x.all(**k),
    "norm": lambda lib, x, **k: x.norm(**k),
    "norm 1": lambda lib, x, **k: x.norm(p=1, **k),
    "norm inf": lambda lib, x, **k: x.norm(p=float("inf"), **k),
    "logsumexp": lambda lib, x, **k: x.logsumexp(**k),
}
ALONG = {
    "prod": lambda lib, x, **k: x.prod(**k),
    "max": lambda lib, x, **k: x.max(**k),
    "min": lambda lib, x, **k: x.min(**k),
    "argmax": lambda lib, x, **k: x.argmax(**k),
    "argmin": lambda lib, x, **k: x.argmin(**k),
    "var": lambda lib, x, **k: x.var(correction=0, **k),
    "std": lambda lib, x, **k: x.std(correction=1, **k),
}


@st.composite
def axes_of(draw, shape, several=True):
    """Arguments of a reduction: nothing, one axis counted from either end (perhaps one too many), or several."""
    n = len(shape)
    options = [st.none(), st.integers(-max(n, 1), max(n, 1) - 1), st.integers(-n - 1, n)]
    if several:
        options.append(st.sets(st.integers(0, max(n - 1, 0))).map(tuple))
    dim = draw(st.one_of(*options))
    arguments = {} if dim is None else {"dim": dim}
    if arguments and draw(st.booleans()):
        arguments["keepdim"] = True
    return arguments


@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions_are_those_of_pytorch(name):
    @drawn
    @given(st.data())
    def check(data):
        x = data.draw(arrays())
        arguments = data.draw(axes_of(x.shape))
        if arguments.get("dim") == () or (name in ("any", "all") and x.dtype == np.uint8):
            return  # PyTorch's any() of uint8 is uint8, by history
        if "norm" in name and len(np.atleast_1d(arguments.get("dim", 0))) > 2:
            return  # refused by PyTorch
        if name in ("amax", "amin") and np.isnan(x).any():
            x = np.nan_to_num(x)  # PyTorch's gradient is NaN then, and that of max() is not
        tolerance = 1e-5 if x.dtype == np.float32 else 1e-12
        assert_same_function(
            lambda lib, x: REDUCTIONS[name](lib, x, **arguments), x, rtol=tolerance, atol=100 * tolerance
        )

    check()


@pytest.mark.parametrize("name", ALONG)
def test_reductions_along_one_axis_are_those_of_pytorch(name):
    @drawn
    @given(st.data())
    def check(data):
        x = data.draw(arrays())
        arguments = data.draw(axes_of(x.shape, several=False))
        if "max" in name or "min" in name:  # of equal elements, which one PyTorch chooses is not defined
            x = np.random.default_rng(0).permutation(x.size).reshape(x.shape).astype(x.dtype)
            x = x if x.dtype != bool else x.astype(np.int64)
        if name == "prod":
            x = np.nan_to_num(x, posinf=2, neginf=-2)
        tolerance = 1e-5 if x.dtype == np.float32 else 1e-12
        assert_same_function(lambda lib, x: ALONG[name](lib, x, **arguments), x, rtol=tolerance, atol=tolerance)

    check()


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "cumsum", "argsort"])
def test_functions_along_an_axis_are_those_of_pytorch(name):
    function = {
        "softmax": lambda lib, x, dim: x.softmax(dim),
        "log_softmax": lambda lib, x, dim: x.log_softmax(dim),
        "cumsum": lambda lib, x, dim: x.cumsum(dim),
        "argsort": lambda lib, x, dim: x.argsort(dim=dim, stable=True) if lib is torch else x.argsort(dim),
    }[name]

    @drawn
    @given(st.data())
    def check(data):
        x = data.draw(arrays(FLOATS if "softmax" in name else DTYPES, special=name != "argsort"))
        dim = data.draw(st.integers(-x.ndim - 1, x.ndim))
        tolerance = 1e-5 if x.dtype == np.float32 else 1e-12
        assert_same_function(lambda lib, x: function(lib, x, dim), x, rtol=tolerance, atol=10 * tolerance)

    check()


@pytest.mark.parametrize(
    "values", [[1.0, 3.0, 3.0], [[2.0, 2.0], [2.0, 1.0]], [1.0, np.nan, np.nan], [np.inf, np.inf]]
)
def test_ties_share_the_gradient_as_in_pytorch(values):
    x = np.array(values)
    assert_same_function(lambda lib, x: x.max(), x)
    if np.isnan(x).any():
        return
    assert_same_function(lambda lib, x: x.amin(dim=0), x)
    assert_same_function(lambda lib, x: x.amax(dim=-1, keepdim=True), x)
    assert_same_function(lambda lib, x: x.maximum(x.detach()), x)


@pytest.mark.parametrize(
    "x", [np.array([-np.inf, -np.inf]), np.array([np.inf, 1.0]), np.array([-np.inf, 800.0, 801.0])]
)
def test_logsumexp_and_softmax_of_infinities_and_large_numbers(x):
    assert_same_function(lambda lib, x: x.logsumexp(0), x)
    assert_same_function(lambda lib, x: x.softmax(0), x)
    assert_same_function(lambda lib, x: x.log_softmax(0), x)


@pytest.mark.parametrize("x", [[0.0, 2.0, 3.0], [0.0, 0.0, 3.0], [2.0], [], [np.nan, 0.0]])
def test_the_derivative_of_a_product_survives_zeros(x):
    assert_same_function(lambda lib, x: x.prod(), np.array(x))
    assert_same_function(lambda lib, x: x.prod(0, keepdim=True), np.array(x))


@pytest.mark.parametrize("correction", [0, 1, 2, 3])
@pytest.mark.parametrize("values", [[1.0, 2.0, 5.0], [3.0, 3.0, 3.0]])
def test_variance_with_few_degrees_of_freedom(values, correction):
    assert_same_function(
        lambda lib, x: (x.var(correction=correction), x.std(0, correction=correction)), np.array(values)
    )


# ---- shapes and indices ----------------------------------------------------------------------------------

SHAPES_OF = {
    "reshape": lambda lib, x: (x.reshape(4, 6), x.reshape((2, -1)), x.view(-1), x.reshape(-1, 2, 2)),
    "reshape to unfit": lambda lib, x: x.reshape(5, 5),
    "reshape with two unknown": lambda lib, x: x.reshape(-1, -1),
    "flatten": lambda lib, x: (x.flatten(), x.flatten(1), x.flatten(0, 1), x.flatten(-2, -1)),
    "flatten backwards": lambda lib, x: x.flatten(2, 1),
    "permute": lambda lib, x: (x.permute(2, 0, 1), x.permute((0, -1, 1))),
    "permute too few": lambda lib, x: x.permute(0, 1),
    "transpose": lambda lib, x: (x.transpose(0, 2), x.transpose(-1, -2), x.mT),
    "t": lambda lib, x: (x[0].t(), x[0, 0].t(), x[0].T),
    "t of three axes": lambda lib, x: x.t(),
    "unsqueeze": lambda lib, x: (x.unsqueeze(0), x.unsqueeze(-1), x.unsqueeze(3)),
    "unsqueeze too far": lambda lib, x: x.unsqueeze(5),
    "squeeze": lambda lib, x: (x[:1].squeeze(), x[:1].squeeze(0), x.squeeze(0), x[:1, :, :1].squeeze((0, 2))),
    "expand": lambda lib, x: (x[:1].expand(5, 3, 4), x.expand(2, -1, -1, -1), x[:, :1].expand(2, 2, -1)),
    "expand unfit": lambda lib, x: x.expand(3, 3, 4),
    "split": lambda lib, x: (*x.split(2), *x.split(3, dim=-1)),
    "cat": lambda lib, x: (lib.cat([x, x[:1]]), lib.cat([x, x * 2], dim=-1)),
    "cat unfit": lambda lib, x: lib.cat([x, x[0]]),
    "stack": lambda lib, x: (lib.stack([x, x]), lib.stack([x, x * 2], dim=1), lib.stack([x, x], -1)),
    "stack unfit": lambda lib, x: lib.stack([x, x[0]]),
    "stack of none": lambda lib, x: lib.stack([]),
    "len and sizes": lambda lib, x: (x * 1, x.size(0), x.size(-1), x.dim(), x.ndim, x.numel(), len(x))[:1],
    "iteration": lambda lib, x: tuple(x),
    "contiguous": lambda lib, x: x.transpose(0, 1).contiguous(),
}


@pytest.mark.parametrize("name", SHAPES_OF)
def test_shape_operations_are_those_of_pytorch(name):
    assert_same_function(SHAPES_OF[name], np.random.default_rng(0).standard_normal((2, 3, 4)))


def test_sizes_are_those_of_pytorch():
    ours, theirs = both(np.zeros((2, 3, 4), np.float32))
    for function in (
        lambda x: x.size(),
        lambda x: x.shape,
        lambda x: x.size(-1),
        lambda x: x.dim(),
        lambda x: x.numel(),
        lambda x: x.shape.numel(),
        lambda x: x.element_size(),
        lambda x: x.is_floating_point(),
        lambda x: x.is_contiguous(),
        lambda x: x.T.is_contiguous() if x.ndim == 2 else x.mT.is_contiguous(),
        lambda x: len(x),
        lambda x: str(x.device),
        lambda x: x.is_leaf,
        lambda x: x.shape[1:],
    ):
        assert_same(function(ours), function(theirs))


INDICES = {
    "integer": lambda lib: 1,
    "negative": lambda lib: -1,
    "out of range": lambda lib: 4,
    "all axes": lambda lib: (1, 2, 0),
    "too many axes": lambda lib: (0, 0, 0, 0),
    "slice": lambda lib: slice(1, None),
    "empty slice": lambda lib: slice(3, 1),
    "steps": lambda lib: (slice(None, None, 2), slice(None), slice(1, None, 3)),
    "None": lambda lib: (None, 0, None),
    "Ellipsis": lambda lib: (..., 1),
    "list": lambda lib: [0, 2, 2],
    "two lists": lambda lib: ([0, 1, 1], [2, 0, 0]),
    "list and slice": lambda lib: (slice(1, 3), [0, 0]),
    "split lists": lambda lib: ([0, 1], slice(None), [1, 1]),
    "tensor": lambda lib: lib.tensor([[0, 1], [2, 2]]),
    "tensor of one integer": lambda lib: lib.tensor(2),
    "tensor of another integer type": lambda lib: lib.tensor([0, 1], dtype=lib.int32),
    "mask": lambda lib: lib.tensor([True, False, True]),
    "mask of two axes": lambda lib: lib.tensor([[True, False, True, True]] * 3),
    "mask that takes nothing": lambda lib: lib.tensor([False, False, False]),
    "mask of another length": lambda lib: lib.tensor([True, False]),
    "list of booleans": lambda lib: [True, False, True],
    "mask and integer": lambda lib: (lib.tensor([True, False, True]), 0),
    "array": lambda lib: np.array([0, 2]),
    "NumPy integer": lambda lib: np.int64(2),
    "range": lambda lib: range(2),
    "True": lambda lib: True,
    "floats": lambda lib: lib.tensor([0.0, 1.0]),
}


@pytest.mark.parametrize("name", INDICES)
def test_indices_take_what_they_take_in_pytorch(name):
    index = INDICES[name]
    x = np.random.default_rng(0).standard_normal((3, 4, 2))
    assert_same_function(lambda lib, x: x[index(lib)], x)
    assert_same_function(lambda lib, x: (2 * x)[index(lib)], x)


UNIQUE = [n for n in INDICES if n not in ("list", "two lists", "list and slice", "split lists", "tensor")]


@pytest.mark.parametrize("name", UNIQUE)
@pytest.mark.parametrize("kind", ["number", "tensor", "0-d"])
def test_indices_set_what_they_set_in_pytorch(name, kind):
    index = INDICES[name]

    def change(lib, x, value):
        y = x * 1
        y[index(lib)] = {"number": 7.0, "tensor": value, "0-d": value.sum()}[kind]
        return y

    rng = np.random.default_rng(0)
    x = rng.standard_normal((3, 4, 2))
    try:
        value = rng.standard_normal(x[_plain(index)].shape)
    except IndexError:
        value = np.ones(2)
    assert_same_function(change, x, value)


def _plain(index):
    result = index(cr)
    return tuple(
        np.asarray(i) if isinstance(i, Tensor) else i for i in (result if isinstance(result, tuple) else (result,))
    )


@drawn
@given(st.data())
def test_gather_takes_what_it_takes_in_pytorch(data):
    x = data.draw(arrays(FLOATS, special=False).filter(lambda x: x.size))
    dim = data.draw(st.integers(-max(x.ndim, 1), max(x.ndim, 1) - 1))
    at = dim % max(x.ndim, 1)
    shape = tuple(data.draw(st.integers(1, n if i != at else 5)) for i, n in enumerate(x.shape))
    index = np.random.default_rng(data.draw(st.integers(0, 99))).integers(0, x.shape[at] if x.ndim else 1, shape)
    assert_same_function(lambda lib, x, i: x.gather(dim, i), x, np.asarray(index))


# ---- in place --------------------------------------------------------------------------------------------


def in_place(change):
    """Change a tensor with a history in place, and let its value and a later use of it take part in the result."""

    def function(lib, x, w):
        y = x * 2
        change(lib, y, w)
        return y * w

    return function


def view_then(change):
    """Change a view in place."""

    def function(lib, x, w):
        y = x * 2
        v = change(lib, y, w)
        return (y * w, v * 3) if v is not None else y * w

    return function


def _add_to_row(lib, y, w):
    y[0] += w[0]


def _scale_column(lib, y, w):
    y[:, 1] *= w[:, 0]


def _through_reshape(lib, y, w):
    v = y.view(-1)
    v += w.reshape(-1)
    return v


def _through_transpose(lib, y, w):
    v = y.t()[1]
    v.mul_(w[:, 1])
    return v


def _view_of_a_view(lib, y, w):
    v = y[1:][0]
    v -= 1
    return v


def _one_element(lib, y, w):
    v = y[1, 1]
    v.mul_(w[0, 0])
    return v


IN_PLACE = {
    "add": in_place(lambda lib, y, w: y.add_(w)),
    "add scaled": in_place(lambda lib, y, w: y.add_(w, alpha=3)),
    "sub": in_place(lambda lib, y, w: y.sub_(w, alpha=0.5)),
    "mul": in_place(lambda lib, y, w: y.mul_(w)),
    "mul twice": in_place(lambda lib, y, w: y.mul_(w).mul_(w)),
    "div": in_place(lambda lib, y, w: y.div_(w)),
    "fill": in_place(lambda lib, y, w: y.fill_(2)),
    "zero": in_place(lambda lib, y, w: y.zero_()),
    "copy": in_place(lambda lib, y, w: y.copy_(w * 2)),
    "clamp": in_place(lambda lib, y, w: y.clamp_(-1, 1)),
    "broadcast": in_place(lambda lib, y, w: y.add_(w[0])),
    "operator": in_place(lambda lib, y, w: y.__iadd__(w)),
    "row": view_then(_add_to_row),
    "column": view_then(_scale_column),
    "reshape": view_then(_through_reshape),
    "transpose": view_then(_through_transpose),
    "view of a view": view_then(_view_of_a_view),
    "one element": view_then(_one_element),
    "data without a history": lambda lib, x, w: _filled(lib, x, w),
    "row of data without a history": lambda lib, x, w: _row_filled(lib, x, w),
    "too large": in_place(lambda lib, y, w: y[0].add_(w)),
    "of a leaf": lambda lib, x, w: x.add_(1),
    "set in a leaf": lambda lib, x, w: x.__setitem__(0, 1),
    "view of a leaf": lambda lib, x, w: x[0].add_(1),
    "of an expanded tensor": lambda lib, x, w: (x * 1)[:1].expand(3, 3).add_(w),
    "what a derivative reads": lambda lib, x, w: _spoiled(x * 1),
    "what a derivative reads, by a view": lambda lib, x, w: _spoiled(x * 1, lambda y: y[0].add_(1)),
    "what a derivative reads, detached": lambda lib, x, w: _spoiled(x * 1, lambda y: y.detach().add_(1)),
    "what a derivative reads, from a view": lambda lib, x, w: _spoiled_view(x * 1),
}


def _filled(lib, x, w):
    out = lib.zeros(3, 3, dtype=lib.float64)
    for i in range(3):
        out[i] = x[i] * w[i]
    return out


def _row_filled(lib, x, w):
    out = lib.ones(3, 3, dtype=lib.float64)
    out[1] *= w[1]
    out[:, 0] += x[0]
    return out


def _spoiled(y, change=lambda y: y.add_(1)):
    z = (y * y).sum()
    change(y)
    z.backward()
    return z


def _spoiled_view(y):
    v = y[0]
    z = (v * v).sum()
    y.add_(1)
    z.backward()
    return z


@pytest.mark.parametrize("name", IN_PLACE)
def test_changes_in_place_have_the_values_gradients_and_errors_of_pytorch(name):
    rng = np.random.default_rng(0)
    assert_same_function(IN_PLACE[name], rng.standard_normal((3, 3)), rng.standard_normal((3, 3)))


@pytest.mark.parametrize(
    "kinds", [(np.float32, np.float64), (np.int64, np.float32), (np.int32, np.int64), (np.bool_, np.int64)]
)
@pytest.mark.parametrize("shape", [(), (2,)])
def test_changes_in_place_keep_the_dtype(kinds, shape):
    left, right = kinds

    def change(lib, x, y):
        x += y
        return x

    assert_same_function(change, np.ones(2, left), np.ones(shape, right), grad=False)


# ---- creation --------------------------------------------------------------------------------------------

CREATED = {
    "tensor of floats": lambda lib: lib.tensor([1.0, 2.5]),
    "tensor of integers": lambda lib: lib.tensor([[1], [2]]),
    "tensor of booleans": lambda lib: lib.tensor([True, False]),
    "tensor of a mixture": lambda lib: lib.tensor([1, 2.5, True]),
    "tensor of a number": lambda lib: lib.tensor(3),
    "tensor of nothing": lambda lib: lib.tensor([]),
    "tensor of empty lists": lambda lib: lib.tensor([[], []]),
    "tensor of an array": lambda lib: lib.tensor(np.arange(3.0)),
    "tensor of a NumPy number": lambda lib: lib.tensor(np.float64(2)),
    "tensor of tensors": lambda lib: lib.tensor([lib.tensor(1), lib.tensor(2)]),
    "tensor with a dtype": lambda lib: lib.tensor([1, 2], dtype=lib.float64),
    "tensor of ragged lists": lambda lib: lib.tensor([[1, 2], [3]]),
    "tensor of text": lambda lib: lib.tensor("a"),
    "tensor of integers with a gradient": lambda lib: lib.tensor([1], requires_grad=True),
    "tensor with a gradient": lambda lib: lib.tensor([1.0], requires_grad=True),
    "zeros": lambda lib: (lib.zeros(2, 3), lib.zeros((2, 0)), lib.zeros(()), lib.zeros(2, dtype=lib.int64)),
    "ones": lambda lib: (lib.ones(2, 3), lib.ones([2]), lib.ones(2, dtype=lib.bool)),
    "full": lambda lib: (
        lib.full((2,), 7),
        lib.full((2, 1), 0.5),
        lib.full((), True),
        lib.full([2], 1, dtype=lib.float64),
    ),
    "like": lambda lib: (
        lib.zeros_like(lib.ones(2, dtype=lib.int32)),
        lib.ones_like(lib.zeros(2, 1)),
        lib.full_like(lib.ones(2), 3),
    ),
    "like with a dtype": lambda lib: lib.zeros_like(lib.ones(2), dtype=lib.int64),
    "arange": lambda lib: (
        lib.arange(3),
        lib.arange(1, 4),
        lib.arange(0, 1, 0.25),
        lib.arange(5, 0, -2),
        lib.arange(2.0),
    ),
    "arange with a dtype": lambda lib: lib.arange(3, dtype=lib.float32),
    "arange of numbers in tensors": lambda lib: (lib.arange(lib.tensor(3)), lib.arange(0, lib.tensor(1.5))),
    "arange of NumPy's integers": lambda lib: lib.arange(np.int64(2), np.int32(5)),
    "arange of many": lambda lib: lib.arange(0, 100, 0.1),
    "linspace": lambda lib: (
        lib.linspace(0, 1, 5),
        lib.linspace(-1, 1, 1),
        lib.linspace(3, 1, 4, dtype=lib.float64),
    ),
    "eye": lambda lib: (lib.eye(3), lib.eye(2, 3)),
    "empty": lambda lib: lib.empty(2, 3).shape,
    "from_numpy": lambda lib: lib.from_numpy(np.arange(3, dtype=np.int16)),
    "from_numpy of a list": lambda lib: lib.from_numpy([1, 2]),
    "as_tensor": lambda lib: (lib.as_tensor([1, 2]), lib.as_tensor(2.0), lib.as_tensor([1], dtype=lib.float32)),
}


@pytest.mark.parametrize("name", CREATED)
def test_creation_gives_what_it_gives_in_pytorch(name):
    assert_same_function(lambda lib: CREATED[name](lib))


@pytest.mark.parametrize("dtype", ["float32", "float64", *map(np.dtype, INTEGERS)], ids=str)
@pytest.mark.parametrize(
    "limits",
    [
        *[(-0.5, 2, 1), (0, 10, 3.5), (0.9, 3.2, 1), (0, 3, 0.5), (2.5, -3.5, -1.5), (0.5, 0.2, -1)],
        *[(0.5, 0.2, 1), (0, 3, 0), (0, math.nan, 1), (0, math.inf, 1), (2, 2, 1)],
    ],
)
def test_arange_cuts_fractions_as_pytorch_does(limits, dtype):
    assert_same_function(lambda lib: lib.arange(*limits, dtype=getattr(lib, str(dtype))))


def test_the_default_dtype_is_that_of_new_tensors():
    assert cr.get_default_dtype() == np.float32
    cr.set_default_dtype(np.float64)
    torch.set_default_dtype(torch.float64)
    try:
        for name in ("tensor of floats", "zeros", "full", "arange", "linspace", "eye", "tensor of a number"):
            assert_same_function(lambda lib, name=name: CREATED[name](lib))
        assert_same_function(lambda lib, x: x / 2, np.array([1, 2]))
    finally:
        cr.set_default_dtype(np.float32)
        torch.set_default_dtype(torch.float32)


DRAWN = {
    "rand": lambda lib: (lib.rand(2, 3), lib.rand((3,)), lib.rand(4, dtype=lib.float64)),
    "randn": lambda lib: (lib.randn(2, 3), lib.randn(40), lib.randn(3, requires_grad=True)),
    "like": lambda lib: (lib.rand_like(lib.zeros(2, 1)), lib.randn_like(lib.zeros(3, dtype=lib.float64))),
    "randint": lambda lib: (lib.randint(10, (4,)), lib.randint(-5, 5, (2, 2)), lib.randint(0, 3, size=(2,))),
    "randperm": lambda lib: lib.randperm(20),
    "uniform_": lambda lib: lib.zeros(5).uniform_(-2, 3),
    "normal_": lambda lib: lib.zeros(20).normal_(1, 2),
    "bernoulli_": lambda lib: (lib.zeros(9).bernoulli_(0.3), lib.zeros(4, dtype=lib.int64).bernoulli_()),
}


@pytest.mark.parametrize("name", DRAWN)
def test_random_tensors_are_those_of_pytorch_after_the_same_seed(name):
    def draw(lib):
        lib.manual_seed(7)
        return DRAWN[name](lib)

    assert_same_function(draw, rtol=0, atol=0)


# ---- inputs of other kinds -------------------------------------------------------------------------------


def test_tensors_of_pytorch_are_inputs_and_share_their_memory():
    theirs = torch.ones(2)
    ours = cr.as_tensor(theirs)
    ours += 1
    assert theirs.tolist() == [2.0, 2.0]
    assert (cr.as_tensor([1.0, 2.0]) + theirs).tolist() == [3.0, 4.0]
    copied = cr.tensor(theirs)
    copied += 1
    assert theirs.tolist() == [2.0, 2.0]
    assert cr.tensor(torch.tensor([1, 2], dtype=torch.int32)).dtype == np.int32
    assert torch.from_numpy(np.asarray(ours)).tolist() == [2.0, 2.0]


# ---- printing --------------------------------------------------------------------------------------------

PRINTED = {
    "scalars": [
        np.float32(1.5),
        np.float32(3),
        np.int64(3),
        np.bool_(True),
        np.float64(0.1),
        np.float32(1e-9),
        np.float32(np.nan),
    ],
    "vectors": [
        [1.0, 2.0],
        [0.5, 2.0],
        [1.0, -2.0],
        [1, 20, -300],
        [True, False],
        [1e-5, 1.0],
        [1e10, 1.0],
        [0.0, 0.0],
    ],
    "special": [[np.nan, 1.0], [np.inf, 0.5], [-np.inf, 2.0], [np.nan, np.nan], [1.5, -np.inf, np.nan]],
    "scales": [
        [1000.0, 0.5],
        [10000.0, 0.5],
        [99999.0, 1.0],
        [1e8, 1.0],
        [1e9, 1.0],
        [1e-4, 1e-3],
        [1e-5, 1e-4],
        [123456.78, 1.0],
    ],
    "empty": [
        np.zeros(0, np.float32),
        np.zeros((2, 0), np.float32),
        np.zeros((0, 3), np.int64),
        np.zeros(0, np.int64),
    ],
    "matrices": [
        np.arange(6.0, dtype=np.float32).reshape(2, 3) / 4,
        np.arange(24).reshape(2, 3, 4),
        np.eye(2, dtype=bool),
        [[[1.0]]],
    ],
    "wide": [
        np.arange(30, dtype=np.float32) / 7,
        np.arange(40),
        np.arange(60, dtype=np.float32).reshape(2, 30),
        np.ones(30, bool),
    ],
    "long": [
        np.arange(2000),
        np.arange(2000, dtype=np.float32) / 3,
        np.arange(4000).reshape(40, 100),
        np.ones((11, 10, 10), np.float32),
    ],
    "dtypes": [
        np.array([1, 2], np.int32),
        np.array([0.5], np.float64),
        np.array([1], np.uint8),
        np.array([-1, 1], np.int8),
    ],
}


def theirs_repr(x):
    """Return PyTorch's text, but for the prefix of the dtype."""
    return repr(x).replace("dtype=torch.", "dtype=")


@pytest.mark.parametrize("name", PRINTED)
def test_tensors_are_printed_as_pytorch_prints_them(name):
    for values in PRINTED[name]:
        array = np.asarray(values)
        if isinstance(values, list) and array.dtype == np.float64:
            array = array.astype(np.float32)
        ours, theirs = both(array)
        assert repr(ours) == theirs_repr(theirs)
        assert str(ours) == theirs_repr(theirs)
        if array.dtype.kind == "f":
            ours.requires_grad_(), theirs.requires_grad_()
            assert repr(ours) == theirs_repr(theirs)
        if array.ndim == 0:
            assert f"{ours}" == f"{theirs}"


@drawn
@given(arrays(special=True))
def test_any_tensor_is_printed_as_pytorch_prints_it(x):
    ours, theirs = both(x)
    assert repr(ours) == theirs_repr(theirs)


def test_the_operation_is_printed_as_grad_fn():
    ours, theirs = both(np.array([1.0, 2.0], np.float32), grad=True)
    for f in (lambda x: x.exp(), lambda x: x.sum(), lambda x: x * 2):
        assert repr(f(ours)).split("grad_fn")[0] == repr(f(theirs)).split("grad_fn")[0]


@pytest.mark.parametrize("spec", [".2f", "", "8.3f", "e"])
def test_scalars_format_like_numbers(spec):
    ours, theirs = both(np.float32(3.14159))
    assert format(ours, spec) == format(theirs, spec)


# ---- accuracy --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(100_000,), (300, 400), (64, 1000)])
def test_sums_and_means_in_float32_are_exact_to_a_millionth(shape):
    x = np.random.default_rng(0).random(shape, dtype=np.float32)
    for dim in (None, 0, -1):
        for name in ("sum", "mean", "var", "std"):
            ours = getattr(Tensor(x), name)(dim=dim)
            theirs = getattr(torch.from_numpy(x), name)(dim=dim)
            exact = getattr(torch.from_numpy(x).double(), name)(dim=dim)
            np.testing.assert_allclose(ours.array, theirs, rtol=2e-6)
            np.testing.assert_allclose(ours.array, exact, rtol=2e-6)


@pytest.mark.parametrize(
    "refused",
    [
        lambda lib: lib.tensor([1, 2]) // 0,
        lambda lib: lib.tensor([1, 2]) % lib.tensor([0, 1]),
        lambda lib: 5 // lib.tensor([0]),
        lambda lib: lib.arange(6).reshape(2, 3).T.view(6),
        lambda lib: lib.arange(6)[::-1],
    ],
)
def test_what_pytorch_refuses_is_refused_with_the_same_type(refused):
    with pytest.raises(Exception) as theirs:  # noqa: PT011 (whatever it is)
        refused(torch)
    with pytest.raises(theirs.type):
        refused(cr)


@pytest.mark.parametrize(
    "function",
    [
        lambda lib: 7 // lib.tensor([2.0, -2.0]),
        lambda lib: lib.tensor([1.0, -1.0]) // 0,
        lambda lib: lib.tensor([5.0, -5.0]) % 0,
        lambda lib: lib.arange(6).reshape(2, 3).T.view(3, 2, 1),
        lambda lib: lib.tensor([lib.tensor([1]) == None, lib.tensor([1]) != None]),  # noqa: E711
    ],
)
def test_floor_division_views_and_comparison_with_none_are_those_of_pytorch(function):
    np.testing.assert_array_equal(np.asarray(function(cr)), function(torch).numpy())


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "bool", "uint8"])
def test_numbers_of_python_are_rounded_once_to_the_dtype_asked_for(dtype):
    numbers = [0.1, 1.7, 16777217.0]
    expected = torch.tensor(numbers[: 2 if dtype == "uint8" else 3], dtype=getattr(torch, dtype)).numpy()
    for make in (cr.tensor, cr.as_tensor):
        got = make(numbers[: len(expected)], dtype=getattr(cr, dtype))
        np.testing.assert_array_equal(got.numpy(), expected)


@pytest.mark.parametrize(
    "call",
    [
        lambda lib, x: x.reshape(),
        lambda lib, x: x.permute(),
        lambda lib, x: x.view(),
        lambda lib, x: x.expand(),
        lambda lib, x: lib.cat([]),
        lambda lib, x: lib.zeros(),
        lambda lib, x: lib.rand(2.5),
    ],
)
def test_what_lacks_its_argument_is_refused_as_in_pytorch(call):
    with pytest.raises((TypeError, ValueError, RuntimeError)) as theirs:
        call(torch, torch.ones(2, 3))
    with pytest.raises(theirs.type):
        call(cr, cr.ones(2, 3))
