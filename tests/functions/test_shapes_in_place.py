"""Shapes changed in place keep what a tensor is to backward()."""

import pytest

import chainrule as cr


def test_a_leaf_keeps_its_need_for_a_gradient_when_its_shape_is_changed_without_recording():
    x = cr.ones(2, requires_grad=True)
    with cr.no_grad():
        x.unsqueeze_(0)
    assert x.is_leaf
    (x * 3).sum().backward()
    assert x.grad.tolist() == [[3.0, 3.0]]


def test_what_was_computed_keeps_its_history_when_its_shape_is_changed_without_recording():
    x = cr.ones(2, requires_grad=True)
    h = x * 2
    with cr.no_grad():
        h.unsqueeze_(1).transpose_(0, 1)
    (h * cr.tensor([[1.0, 5.0]])).sum().backward()
    assert x.grad.tolist() == [2.0, 10.0]


def test_a_leaf_that_requires_a_gradient_and_a_view_are_refused():
    x = cr.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="leaf"):
        x.unsqueeze_(0)
    with pytest.raises(RuntimeError, match="view"):
        (x * 1)[:1].detach_()


def test_a_view_with_another_shape_shares_its_memory_still():
    x = cr.zeros(2, 3)
    row = x[0]
    row.unsqueeze_(0).add_(1)
    assert x.tolist() == [[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]
