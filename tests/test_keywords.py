"""Functions and methods take arguments by other names, and say of others what they do not cover."""

import pickle

import pytest

import chainrule as cr

X = cr.arange(6.0).reshape(2, 3)


@pytest.mark.parametrize("total", [X.sum, lambda **given: cr.sum(X, **given)])
def test_axes_go_by_numpys_names(total):
    assert total(axis=0, keepdims=True).tolist() == X.sum(0, True).tolist()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: cr.topk(X, 1, out=X), r"topk\(out=\) is not covered: assign"),
        (lambda: cr.zeros(2, layout="strided"), r"zeros\(layout=\) is not covered"),
        (lambda: X.mul(2, out=X), r"mul\(out=\) is not covered"),
        (lambda: X.sum(dim=0, axis=0), "expected dim once"),
        (lambda: X.sum(dims=0), "sum.. has no argument 'dims': it takes input, dim, keepdim, dtype"),
    ],
)
def test_what_is_not_covered_is_named(call, said):
    with pytest.raises(TypeError, match=said):
        call()


def test_an_argument_that_is_none_is_none_given():
    assert cr.exp(X, out=None).tolist() == X.exp().tolist()


@pytest.mark.parametrize("function", [cr.exp, cr.add, cr.topk, cr.zeros, cr.matmul])
def test_functions_can_be_pickled(function):
    assert pickle.loads(pickle.dumps(function)) is function
