"""Facts about the public gradient check."""

import numpy as np
import pytest

from chainrule import ops
from chainrule.gradcheck import GradcheckError, gradcheck
from chainrule.ops import Operation
from chainrule.tensor import Tensor, apply


def leaf(*values):
    return Tensor(np.array(values, dtype=np.float64), requires_grad=True)


@pytest.fixture
def wrong_operation():
    """An operation whose derivative is 3 where it is 2, and only for its second element."""

    class Wrong(Operation):
        def forward(self, x):
            return 2 * x

        def backward(self, grad):
            return (grad * np.array([2.0, 3.0]),)

    yield Wrong
    del Operation.registry["Wrong"]


def test_right_derivatives_pass():
    assert gradcheck(lambda a, b: (a * b, a.exp().sum()), (leaf(0.5, 2.0), leaf(1.0, -3.0)))


def test_a_wrong_derivative_is_named_with_both_numbers(wrong_operation):
    with pytest.raises(GradcheckError) as caught:
        gradcheck(lambda a, b: (a.sum(), apply(wrong_operation(), b)), (leaf(1.0), leaf(1.0, 2.0)))
    message = str(caught.value)
    assert "output 1 at (1,)" in message
    assert "input 1 at (1,)" in message
    assert "backward() gave 3," in message
    assert "differences 2" in message.replace("1.9999999", "2")


def test_a_wrong_derivative_gives_false_without_an_exception(wrong_operation):
    assert not gradcheck(lambda x: apply(wrong_operation(), x), leaf(1.0, 2.0), raise_exception=False)


def test_a_missing_dependence_is_caught():
    with pytest.raises(GradcheckError, match="backward"):
        gradcheck(lambda x: x * x.detach(), leaf(3.0))


def test_nan_is_no_right_derivative():
    with np.errstate(all="ignore"):
        assert not gradcheck(lambda x: x.sqrt(), leaf(-1.0), raise_exception=False)


def test_values_and_gradients_of_the_inputs_are_left_alone():
    x = leaf(0.1, 0.7)
    x.grad = kept = Tensor(np.array([5.0, 6.0]))
    before = x.array.copy()
    gradcheck(lambda x: x.sin(), x)
    assert np.array_equal(x.array, before)
    assert x.grad is kept
    assert np.array_equal(kept.array, [5.0, 6.0])


def test_parameters_that_the_function_closes_over_can_be_checked():
    W = leaf(0.3, -0.2)
    assert gradcheck(lambda *_: (W * 3).tanh(), [W])


def test_integers_are_passed_on():
    index = Tensor(np.array([1, 0, 1]))
    assert gradcheck(lambda x, i: x.gather(0, i), (leaf(1.0, 2.0), index))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_constants_are_passed_on_and_only_the_rest_is_checked(wrong_operation, dtype):
    constant = Tensor(np.array([3.0, 4.0], dtype))
    assert gradcheck(lambda x, c: x * c + apply(wrong_operation(), c), (leaf(1.0, 2.0), constant))
    with pytest.raises(GradcheckError, match=r"input 1 at \(1,\)"):
        gradcheck(lambda c, x: c * apply(wrong_operation(), x), (constant, leaf(1.0, 2.0)))


def test_integer_outputs_are_not_differentiated_and_outputs_keep_their_numbers():
    assert gradcheck(lambda x: (x.argmax(), x * 2), leaf(1.0, 2.0))
    with pytest.raises(GradcheckError, match="output 1 "):
        gradcheck(lambda x: (x.argmax(), x.detach() * 2), leaf(1.0, 2.0))


@pytest.mark.parametrize("shape", [(), (0,), (2, 0), (1, 2, 1)])
def test_any_shape_will_do(shape):
    assert gradcheck(lambda x: x * 3 + 1, Tensor(np.full(shape, 0.5), requires_grad=True))


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (Tensor(np.ones(2, np.float32), requires_grad=True), "input 0 in float64, got float32"),
        ((Tensor(np.ones(2)), Tensor(np.ones(1))), "at least one float64 tensor that requires a gradient"),
        (Tensor(np.ones(1), requires_grad=True) * 2, "input 0 to be a leaf"),
        (Tensor(np.array([1])), "at least one float64 tensor"),
        ((), "at least one float64 tensor"),
    ],
)
def test_unfit_inputs_are_refused(inputs, message):
    with pytest.raises(ValueError, match=message):
        gradcheck(lambda *tensors: apply(ops.Clone(), tensors[0]), inputs)


def test_unfit_functions_are_refused():
    with pytest.raises(ValueError, match="return tensors, got float"):
        gradcheck(lambda x: x.item(), leaf(1.0))
    draws = iter(range(100))
    with pytest.raises(ValueError, match="same outputs twice"):
        gradcheck(lambda x: x * next(draws), leaf(1.0))
