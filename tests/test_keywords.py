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


@pytest.mark.parametrize(
    "make",
    [
        cr.zeros_like,
        cr.ones_like,
        cr.empty_like,
        cr.rand_like,
        cr.Tensor.clone,
        lambda x, **m: x.to(cr.float64, **m),
    ],
)
def test_the_default_memory_format_is_none_given(make):
    assert make(X.t(), memory_format=cr.preserve_format).stride() == make(X.t()).stride() == (1, 3)
    for refused in (cr.contiguous_format, "preserve_format", 1):
        with pytest.raises(TypeError, match=r"\(memory_format=\) is not covered"):
            make(X, memory_format=refused)


def test_a_memory_format_is_refused_where_pytorch_refuses_it():
    assert X.t().contiguous(memory_format=cr.contiguous_format).stride() == (2, 1)
    for call in (X.contiguous, X.exp, lambda **m: cr.empty(2, **m)):
        with pytest.raises(TypeError, match="memory_format"):
            call(memory_format=cr.preserve_format)


def test_memory_formats_have_names_and_survive_copies():
    assert (repr(cr.preserve_format), str(cr.contiguous_format)) == (
        "chainrule.preserve_format",
        "chainrule.contiguous_format",
    )
    assert pickle.loads(pickle.dumps(cr.preserve_format)) is cr.preserve_format


@pytest.mark.parametrize("function", [cr.exp, cr.add, cr.topk, cr.zeros, cr.matmul])
def test_functions_can_be_pickled(function):
    assert pickle.loads(pickle.dumps(function)) is function
