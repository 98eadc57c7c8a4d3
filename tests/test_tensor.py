"""Facts about tensors, without PyTorch."""

import copy
import pickle
import threading

import numpy as np
import pytest

from chainrule import ops
from chainrule.autograd import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from chainrule.creation import arange, from_numpy, ones, tensor, zeros
from chainrule.ops import Operation
from chainrule.tensor import Size, Tensor, apply, as_tensor, where


def leaf(*values, dtype=np.float64):
    return Tensor(np.array(values, dtype=dtype), requires_grad=True)


# ---- memory ----------------------------------------------------------------------------------------------


def test_tensor_copies_and_the_others_share():
    array = np.zeros(2, np.float32)
    copied, shared = tensor(array), [Tensor(array), as_tensor(array), from_numpy(array)]
    array[0] = 5
    assert copied.tolist() == [0.0, 0.0]
    assert all(t.tolist() == [5.0, 0.0] for t in shared)


def test_detached_and_data_and_numpy_share_the_memory():
    x = leaf(1.0, 2.0)
    for shared in (x.detach(), x.data, x.detach().numpy()):
        shared += 1
    assert x.tolist() == [4.0, 5.0]
    assert not x.detach().requires_grad


def test_views_share_the_memory_and_copies_do_not():
    x = tensor([[1.0, 2.0], [3.0, 4.0]])
    for view in (x[0], x[0, 0], x[:, 0], x.view(-1), x.T, x.unsqueeze(0), x.flatten(), x.detach()):
        assert np.shares_memory(view.array, x.array)
    for new in (x[[0]], x[x > 0], x.clone(), x + 0, x.T.reshape(-1)):
        assert not np.shares_memory(new.array, x.array)


def test_numpy_of_a_tensor_that_requires_a_gradient_raises_and_asarray_does_not():
    x = leaf(1.0)
    with pytest.raises(RuntimeError, match=r"detach\(\)\.numpy\(\)"):
        x.numpy()
    assert np.asarray(x) is x.array
    assert np.asarray(x, dtype=np.float32).dtype == np.float32
    assert np.array(x, copy=True) is not x.array


def test_a_gradient_that_was_seen_is_never_overwritten_by_a_later_backward():
    x = leaf(1.0, 2.0)
    (x * x).sum().backward()
    held, held_array = x.grad, np.asarray(x.grad)
    for clear in (x.clear_grad, lambda: setattr(x, "grad", None)):
        clear()
        (x * 100).sum().backward()
        assert held.tolist() == [2.0, 4.0]
        assert held_array.tolist() == [2.0, 4.0]
        assert x.grad is not held


def test_the_memory_of_a_gradient_that_nobody_saw_is_used_again():
    x = leaf(1.0, 2.0)
    (x.exp()).sum().backward()
    memory = x._grad.array
    x.clear_grad()
    (x * 3).sum().backward()
    assert x._grad.array is memory
    assert x.grad.tolist() == [3.0, 3.0]


def test_grad_is_the_same_object_while_gradients_are_added():
    x = leaf(1.0)
    x.sum().backward()
    first = x.grad
    x.sum().backward()
    assert x.grad is first
    assert first.tolist() == [2.0]


def test_the_gradient_of_a_user_is_not_kept_by_the_leaf():
    x, vector = leaf(1.0, 2.0), np.array([3.0, 4.0])
    x.backward(vector)
    (x * 1).backward(vector)
    assert vector.tolist() == [3.0, 4.0]
    assert x.grad.tolist() == [6.0, 8.0]
    assert not np.shares_memory(x.grad.array, vector)


def test_two_leaves_that_get_the_same_gradient_do_not_share_it():
    a, b = leaf(1.0), leaf(2.0)
    (a + b).backward()
    assert not np.shares_memory(a.grad.array, b.grad.array)
    a.grad += 1
    assert b.grad.tolist() == [1.0]


def test_a_leaf_that_one_operation_uses_twice_collects_both_gradients():
    for function in (lambda x: x * x, lambda x: x + x, lambda x: x @ x, lambda x: x / x.sqrt() + x**x):
        x = leaf(4.0)
        expected = (function(leaf(4.0 + 1e-6)).item() - function(leaf(4.0 - 1e-6)).item()) / 2e-6
        for _ in range(2):  # the second time into the kept memory
            x.clear_grad()
            function(x).sum().backward()
        assert x.grad.item() == pytest.approx(expected, rel=1e-6)


# ---- the walk --------------------------------------------------------------------------------------------


def test_gradients_of_several_uses_are_added():
    x = leaf(2.0)
    y = x * 3
    (y * y + y + x).backward()
    assert x.grad.item() == 2 * 18 + 3 + 1


def test_a_second_backward_needs_retain_graph():
    x = leaf(3.0)
    y = x * x
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.item() == 12
    with pytest.raises(RuntimeError, match="retain_graph=True"):
        y.backward()


def test_a_freed_part_of_the_graph_is_noticed():
    x = leaf(3.0)
    y = x * x
    z = y * 2
    y.backward()
    with pytest.raises(RuntimeError, match="retain_graph=True"):
        z.backward()


def test_long_chains_do_not_overflow_the_stack():
    x = leaf(1.0)
    y = x
    for _ in range(20_000):
        y = y + 1
    y.backward()
    assert x.grad.item() == 1


def test_backward_of_several_elements_needs_a_gradient_of_that_shape():
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match=r"reduce it with sum\(\) or mean\(\)"):
        (x * 2).backward()
    with pytest.raises(RuntimeError, match=r"expected a gradient of shape .*\[2\].*, got \(3,\)"):
        (x * 2).backward(np.ones(3))
    with pytest.raises(TypeError, match="expected a tensor or an array, got list"):
        (x * 2).backward([1.0, 10.0])
    (x * 2).backward(np.array([1.0, 10.0]))
    assert x.grad.tolist() == [2.0, 20.0]


def test_backward_without_anything_to_differentiate_raises():
    with pytest.raises(RuntimeError, match="requires no gradient"):
        tensor(1.0).backward()
    with no_grad():
        y = leaf(1.0) * 2
    with pytest.raises(RuntimeError, match="under no_grad"):
        y.backward()


def test_second_derivatives_are_refused():
    with pytest.raises(NotImplementedError, match="second derivatives"):
        leaf(1.0).sum().backward(create_graph=True)


def test_retain_grad_keeps_the_gradient_of_what_an_operation_made():
    x = leaf(2.0)
    y = x * 3
    y.retain_grad()
    (y * y).backward()
    assert y.grad.item() == 12
    assert x.grad.item() == 36
    with pytest.raises(RuntimeError, match="requires a gradient"):
        tensor(1.0).retain_grad()


def test_gradients_have_the_dtype_of_their_tensor():
    x, y = leaf(1.0, dtype=np.float32), leaf(2.0)
    (x * y).backward()
    assert (x.grad.dtype, y.grad.dtype) == (np.float32, np.float64)


def test_gradients_flow_through_results_without_axes():
    x = leaf(0.5, 0.2)
    y = x.sum() * 2
    y[()] = y.detach() + 1  # an operation whose derivative writes to an array without axes
    z = x.sum().relu().exp().softmax(0) + y * 2
    z.backward()
    assert x.grad.tolist() == [0.0, 0.0]


# ---- modes -----------------------------------------------------------------------------------------------


def test_no_grad_and_enable_grad_nest_and_end_with_their_block():
    x = leaf(1.0)
    with no_grad():
        assert not is_grad_enabled()
        assert not (x * 2).requires_grad
        with enable_grad():
            assert (x * 2).requires_grad
        assert not is_grad_enabled()
    assert (x * 2).requires_grad
    with pytest.raises(ZeroDivisionError), no_grad():
        raise ZeroDivisionError
    assert is_grad_enabled()


def test_modes_are_decorators():
    @no_grad()
    def double(x):
        return x * 2

    assert not double(leaf(1.0)).requires_grad
    assert not double(leaf(1.0)).requires_grad
    assert is_grad_enabled()


def test_set_grad_enabled_switches_at_once_and_back_after_a_block():
    try:
        set_grad_enabled(False)
        assert not is_grad_enabled()
    finally:
        set_grad_enabled(True)
    with set_grad_enabled(False):
        assert not is_grad_enabled()
    assert is_grad_enabled()


def test_modes_belong_to_their_thread():
    seen = []
    with no_grad():
        thread = threading.Thread(target=lambda: seen.append(is_grad_enabled()))
        thread.start()
        thread.join()
    assert seen == [True]


# ---- in place --------------------------------------------------------------------------------------------


def test_a_leaf_is_changed_in_place_only_without_recording():
    x = leaf(1.0, 2.0)
    for change in (lambda: x.add_(1), lambda: x.zero_(), lambda: x[:1].mul_(2), lambda: x.view(-1).add_(1)):
        with pytest.raises(RuntimeError, match=r"no_grad\(\) or on \.data"):
            change()
    with no_grad():
        x += 1
        x[0] = 7
    x.data.mul_(2)
    assert x.tolist() == [14.0, 6.0]
    assert x.requires_grad
    assert x.is_leaf


def test_an_operation_keeps_its_output_when_that_is_changed_in_place():
    for function in ("exp", "sigmoid", "tanh", "relu", "sqrt"):
        x, again = leaf(0.5, 2.0), leaf(0.5, 2.0)
        y = getattr(x, function)()
        y += 1
        y.view(-1).mul_(3)
        y.sum().backward()
        (getattr(again, function)() * 3).sum().backward()
        assert x.grad.tolist() == again.grad.tolist()


def test_a_tensor_may_be_its_own_operand_in_place():
    x = leaf(3.0)
    y = x * 2
    y *= y
    y.backward()
    assert y.item() == 36
    assert x.grad.item() == 24


def test_a_view_taken_before_a_recorded_change_follows_it():
    x = leaf(1.0, 2.0)
    y = x * 2
    v = y[0]
    y *= x
    assert v.item() == 2.0
    (v * 2).backward()
    assert x.grad.tolist() == [8.0, 0.0]


def test_what_was_detached_before_a_change_sees_it():
    y = leaf(1.0, 2.0) * 2
    detached = y.detach()
    y += 1
    assert detached.tolist() == [3.0, 5.0]


@pytest.mark.parametrize(
    "operation",
    [
        lambda x, c: x[c],
        lambda x, c: x * c.double(),
        lambda x, c: x.gather(0, c),
        lambda x, c: x.masked_fill(c == 1, 0.0),
    ],
)
def test_indices_and_constants_that_are_changed_later_do_not_spoil_a_derivative_unnoticed(operation):
    x, constant = leaf(1.0, 2.0), tensor([1, 0])
    expected = leaf(1.0, 2.0)
    operation(expected, tensor([1, 0])).sum().backward()
    y = operation(x, constant).sum()
    constant[...] = 1
    try:
        y.backward()
    except RuntimeError as error:
        assert "changed in place" in str(error)  # noqa: PT017
    else:
        assert x.grad.tolist() == expected.grad.tolist()


def test_mask_of_where_is_watched():
    x, mask = leaf(1.0, 2.0), tensor([True, False])
    y = x.where(mask, 0.0).sum()
    mask[0] = False
    with pytest.raises(RuntimeError, match="derivative of Where needs was changed in place"):
        y.backward()


def test_changes_in_place_keep_dtype_and_shape():
    x = tensor([1, 2])
    with pytest.raises(RuntimeError, match="can't be cast to the dtype int64"):
        x += 0.5
    with pytest.raises(RuntimeError, match=r"can't change shape chainrule.Size\(\[2\]\) in place"):
        x += ones(3, 2, dtype=np.int64)
    with pytest.raises(RuntimeError, match="can't hold"):
        x[0] = float("nan")
    assert x.tolist() == [1, 2]


def test_scalars_of_python_keep_float64_exact():
    x = tensor([1.0], dtype=np.float64)
    x += 0.1
    x[0] *= 0.1
    assert x.item() == (1 + 0.1) * 0.1
    assert x.masked_fill(tensor([True]), 0.1).item() == 0.1
    assert x.clip(0.3, 0.7).item() == 0.3


# ---- Python's protocols ----------------------------------------------------------------------------------


def test_truth_is_that_of_one_element():
    assert tensor(1.0)
    assert tensor([[2]])
    assert not tensor(False)
    assert not tensor([0.0])
    for values in ([1, 2], []):
        with pytest.raises(RuntimeError, match=r"any\(\) or all\(\)"):
            bool(tensor(values))


def test_length_and_iteration_go_along_the_first_axis():
    x = tensor([[1, 2], [3, 4], [5, 6]])
    assert len(x) == 3
    assert [row.tolist() for row in x] == [[1, 2], [3, 4], [5, 6]]
    for function in (len, lambda x: list(x)):
        with pytest.raises(TypeError, match="without axes"):
            function(tensor(1))


def test_numbers_and_indices():
    assert float(tensor([1.5])) == 1.5
    assert int(tensor(2.7)) == 2
    assert [10, 20, 30][tensor(1)] == 20
    assert type(tensor(2).item()) is int
    assert type(tensor(True).item()) is bool
    assert type(tensor(0.5).item()) is float
    with pytest.raises(TypeError, match="integer tensor of one element"):
        [10, 20][tensor(1.0)]
    with pytest.raises(RuntimeError, match="one element"):
        tensor([1, 2]).item()


def test_format_of_one_element_is_that_of_the_number():
    assert f"{tensor(3.14159):.2f}" == "3.14"
    assert f"{tensor([1.0])}" == "tensor([1.])"
    with pytest.raises(TypeError):
        f"{tensor([1.0, 2.0]):.2f}"


def test_membership_hash_and_identity():
    x = tensor([1.0, 2.0])
    assert 2.0 in x
    assert 3.0 not in x
    assert {x: 1}[x] == 1
    assert hash(x) != hash(tensor([1.0, 2.0]))


def test_sizes_are_tuples():
    shape = zeros(2, 3).shape
    assert shape == (2, 3)
    assert shape.numel() == 6
    assert Size((2, 3)) == shape
    assert repr(shape) == "chainrule.Size([2, 3])"
    assert Size(()).numel() == 1


def test_deep_copies_have_their_own_values_and_gradient():
    x = leaf(1.0, 2.0)
    (x * 2).sum().backward()
    y = copy.deepcopy(x)
    x.data.zero_()
    x.grad.zero_()
    assert y.tolist() == [1.0, 2.0]
    assert y.grad.tolist() == [2.0, 2.0]
    assert y.requires_grad
    assert y.is_leaf
    twice = copy.deepcopy([x, x])
    assert twice[0] is twice[1]
    view = tensor([1.0, 2.0])[:1]
    assert copy.deepcopy(view)._base is None


def test_pickles_come_back():
    for x in (leaf(1.0, 2.0), tensor(3), tensor([[True]]), zeros(0, 2), arange(4)[::2]):
        y = pickle.loads(pickle.dumps(x))
        assert y.tolist() == x.tolist()
        assert (y.dtype, y.shape, y.requires_grad) == (x.dtype, x.shape, x.requires_grad)


def test_what_an_operation_made_is_neither_copied_deeply_nor_pickled():
    y = leaf(1.0) * 2
    with pytest.raises(RuntimeError, match=r"detach\(\) it first"):
        copy.deepcopy(y)
    with pytest.raises(RuntimeError, match=r"detach\(\) it first"):
        pickle.dumps(y)


# ---- inputs of other kinds -------------------------------------------------------------------------------


class Picture:
    """What images of PIL offer."""

    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return self.array


def test_anything_with_array_is_an_input():
    picture = Picture(np.arange(6, dtype=np.uint8).reshape(2, 3))
    assert tensor(picture).dtype == np.uint8
    assert as_tensor(picture).array is picture.array
    assert (tensor([1, 1, 1]) + picture).tolist() == [[1, 2, 3], [4, 5, 6]]
    assert (tensor(1.0) * np.float64(2)).dtype == np.float32


def test_arrays_on_the_left_leave_the_operation_to_the_tensor():
    x = leaf(1.0, 2.0)
    for y in (np.array([3.0, 4.0]) * x, np.float64(3) - x, np.eye(2) @ x):
        assert isinstance(y, Tensor)
        assert y.requires_grad


@pytest.mark.parametrize("value", ["text", [1j], np.zeros(2, np.float16), np.zeros(1, "U1")])
def test_elements_that_tensors_cannot_hold_are_refused(value):
    with pytest.raises(TypeError, match=r"a tensor (can hold float32|is made of numbers)"):
        tensor(value)


@pytest.mark.parametrize("value", [None, [object()], {1}])
def test_what_is_no_number_makes_no_tensor(value):
    with pytest.raises(RuntimeError, match="a tensor is made of numbers, got"):
        tensor(value)


def test_other_devices_are_refused():
    for make in (lambda: zeros(2, device="cuda"), lambda: tensor(1, device="mps"), lambda: tensor(1).to("cuda:0")):
        with pytest.raises(RuntimeError, match="CPU"):
            make()
    assert tensor(1).to("cpu").device.type == "cpu"


def test_big_endian_and_read_only_arrays_are_inputs():
    assert tensor(np.array([1.0, 2.0], dtype=">f8")).array.dtype == np.dtype("=f8")
    fixed = np.broadcast_to(np.float32(1), (2,))
    with pytest.raises((RuntimeError, ValueError), match="read-only"):
        as_tensor(fixed).add_(1)


@pytest.mark.parametrize("call", ["softmax", "log_softmax", "mean", "var", "std", "norm"])
def test_functions_of_real_numbers_refuse_integers(call):
    with pytest.raises(RuntimeError, match=r"use float\(\) first"):
        getattr(tensor([1, 2]), call)(*([0] if "softmax" in call else []))


@pytest.mark.parametrize(
    "call",
    [
        lambda x: x.sum(2),
        lambda x: x.mean((0, -3)),
        lambda x: x.softmax(-3),
        lambda x: x.max(2),
        lambda x: x.argmax(2),
        lambda x: x.argsort(2),
        lambda x: x.transpose(0, 2),
        lambda x: x.unsqueeze(4),
        lambda x: x.squeeze(2),
        lambda x: x.gather(2, tensor([[0]])),
        lambda x: x.split(1, dim=2),
        lambda x: x.size(2),
    ],
)
def test_axes_that_do_not_exist_are_refused(call):
    with pytest.raises(IndexError):
        call(ones(2, 2))


def test_what_has_no_derivative_here_says_so():
    x = leaf(7.0)
    with pytest.raises(RuntimeError, match="no derivative"):
        x // 2
    assert (x.detach() // 2).item() == 3
    with pytest.raises(RuntimeError, match="floating-point tensors can require gradients"):
        tensor([1]).requires_grad_()
    with pytest.raises(NotImplementedError, match="p = 1, 2 and inf"):
        x.norm(3)


def test_requires_grad_is_switched_off_on_leaves_only():
    x = leaf(1.0)
    with pytest.raises(RuntimeError, match=r"detach\(\)"):
        (x * 2).requires_grad = False
    x.requires_grad = False
    assert not (x * 2).requires_grad


def test_grad_has_the_shape_of_its_tensor():
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match="must have the shape"):
        x.grad = tensor([1.0])


def test_operations_by_users_are_registered_and_differentiated():
    class Cube(Operation):
        def forward(self, x):
            self.x = x
            return x**3

        def backward(self, grad):
            return (3 * grad * self.x**2,)

    try:
        x = leaf(2.0)
        apply(Cube(), x).backward()
        assert x.grad.item() == 12
        assert Operation.registry["Cube"] is Cube
        assert repr(apply(Cube(), x)) == "tensor([8.], dtype=float64, grad_fn=<CubeBackward>)"
    finally:
        del Operation.registry["Cube"]


def test_nobody_is_warned_about_infinities():
    x = leaf(0.0, -1.0)
    (x.log() + 1 / x + x.sqrt()).sum().backward()
    assert not np.isfinite(x.grad.array).all()


def test_keep_where_takes_strided_broadcast_and_scalar_gradients():
    mask = np.array([[True, False], [False, True]])
    for grad in (np.ones((2, 2)).T, np.broadcast_to(2.0, (2, 2)), np.arange(8.0).reshape(2, 4)[:, ::2]):
        assert np.array_equal(ops.operation.keep_where(mask, grad), np.where(mask, grad, 0))
    assert ops.operation.keep_where(np.array(True), np.array(3.0)) == 3
    assert ops.operation.keep_where(np.bool_(False), np.float64(np.inf)) == 0


@pytest.mark.parametrize("size", [3, 255, 256, 1000])
def test_choose_gives_the_bits_of_either_and_may_write_over_both(size):
    rng = np.random.default_rng(size)
    mask, a = rng.random(size) < 0.5, rng.standard_normal(size).astype(np.float32)
    b = np.where(rng.random(size) < 0.3, np.float32("nan"), np.float32(-0.0))
    expected = np.where(mask, a, b).tobytes()
    for out in (None, np.empty_like(a), a.copy(), b.copy()):
        assert ops.operation.choose(mask, a, b, out=out).tobytes() == expected
    for out in (a, b):
        assert ops.operation.choose(mask, a.copy(), b.copy(), out=out).tobytes() == expected


def test_whole_numbers_that_a_dtype_cannot_hold_are_refused_where_they_would_be_kept():
    x = Tensor(np.array([1, 2], np.uint8))
    keep = (
        lambda: where(tensor([True, False]), x, 300),
        lambda: x.masked_fill(tensor([True, False]), 300),
        lambda: x.clone().fill_(300),
        lambda: x.clip(300),
        lambda: x**300,
    )
    for kept in keep:
        with pytest.raises(RuntimeError, match="uint8 can't hold 300"):
            kept()
