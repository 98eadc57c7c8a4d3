"""What changes in place between forward and backward is an error or harmless, never a wrong gradient."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.nn import functional as F

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def test_a_view_whose_base_was_given_other_memory_can_not_go_backward():
    x = cr.ones(2, requires_grad=True)
    y = x * 2
    view = y[0]
    y.data = cr.ones(2)
    y.mul_(3)
    with pytest.raises(RuntimeError, match="take the view again"):
        view.backward()


@pytest.mark.parametrize("name", ["exp", "sqrt", "tanh", "sigmoid", "relu"])
def test_writing_through_detach_leaves_the_gradient_right(name):
    values = np.array([0.5, 1.5], np.float32)
    x, t = cr.tensor(values, requires_grad=True), torch.tensor(values, requires_grad=True)
    y = getattr(x, name)()
    y.detach().zero_()
    y.sum().backward()
    getattr(t, name)().sum().backward()
    np.testing.assert_allclose(x.grad, t.grad.numpy(), rtol=1e-6)


def test_changing_the_target_before_backward_is_an_error():
    z, y = cr.randn(3, 4, requires_grad=True), cr.tensor([1, 2, 3])
    loss = F.cross_entropy(z, y)
    y.fill_(0)
    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


def test_changing_a_weight_of_the_loss_before_backward_changes_no_gradient():
    z, y, w = cr.zeros(3, requires_grad=True), cr.ones(3), cr.ones(3)
    loss = F.binary_cross_entropy_with_logits(z, y, weight=w)
    w.zero_()
    loss.backward()
    np.testing.assert_allclose(z.grad, np.full(3, -0.5 / 3), rtol=1e-6)


def test_a_step_on_a_detached_leaf_between_forward_and_backward_is_an_error():
    original = cr.ones(2)
    w = original.detach().requires_grad_()
    loss = (w * w).sum()
    w.grad = cr.ones(2)
    cr.optim.SGD([w], lr=0.5).step()
    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


@pytest.mark.parametrize("shape", [(60_000, 10), (200_000, 2)])
def test_sums_over_many_rows_are_as_exact_as_pytorchs(shape):
    x = np.random.default_rng(0).random(shape, dtype=np.float32)
    exact = x.astype(np.float64).sum(0)
    np.testing.assert_allclose(cr.tensor(x).sum(0), exact, rtol=2e-7)
    np.testing.assert_allclose(cr.tensor(x).mean(0), exact / len(x), rtol=2e-7)


def _added(part):
    part += 5.0


@pytest.mark.parametrize(
    ("view", "change"),
    [
        (lambda y: y.transpose(0, 1), lambda v: _added(v[0])),
        (lambda y: y.transpose(0, 1), _added),
        (lambda y: y.reshape(3, 2), lambda v: v[0].mul_(5)),
        (lambda y: y[:, 1:], lambda v: v[0].mul_(3)),
        (lambda y: y.T, lambda v: v[0].add_(v[1])),
        (lambda y: y.T, lambda v: v.__setitem__(0, v[0] + 5)),
    ],
)
def test_a_part_of_a_view_is_changed_with_pytorchs_gradient(view, change):
    gradients = []
    for library in (torch, cr):
        x = library.arange(6).float().reshape(2, 3).requires_grad_()
        y = view(x * 2)
        change(y)
        (y * y).sum().backward()
        gradients.append(x.grad.tolist())
    assert gradients[0] == gradients[1]


@pytest.mark.parametrize("change", [lambda v: v.mul_(3), lambda v: v[:1].add_(v[1:]), lambda v: v.clamp_(0, 3)])
def test_what_a_base_is_used_for_through_a_changed_view_is_in_its_gradient(change):
    gradients = []
    for library in (torch, cr):
        x = library.tensor([1.0, 2.0], requires_grad=True)
        y = x * 2
        v = y[:]
        change(v)
        found = library.autograd.grad((y * v).sum(), [v, y, x])
        gradients.append([g.tolist() for g in found])
    assert gradients[0] == gradients[1]
