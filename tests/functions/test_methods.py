"""Functions that are methods too: one object, imported when it is asked for, with in-place forms."""

import subprocess
import sys

import numpy as np
import pytest

import chainrule as cr
from chainrule.functions import FILES, Methods

NAMES = [name for names in FILES.values() for name in names.split()]
METHODS = [name for name in dir(Methods) if not name.startswith("_")]


def test_every_name_of_the_table_is_there_and_only_once():
    assert len(NAMES) == len(set(NAMES))
    assert all(callable(getattr(cr, name)) for name in NAMES)
    assert set(NAMES) <= set(dir(cr))
    assert set(METHODS) <= set(dir(cr.Tensor))


@pytest.mark.parametrize("name", METHODS)
def test_a_method_is_the_function_of_its_name(name):
    method = getattr(cr.Tensor, name)
    assert name not in NAMES or method is getattr(cr, name)
    assert getattr(cr.tensor([0.5]), name).__func__ is method


def test_no_file_of_functions_is_imported_before_one_is_asked_for():
    code = (
        "import sys, chainrule as cr\n"
        "def files(): return {m for m in sys.modules if m.startswith('chainrule.functions.')}\n"
        "assert files() == {'chainrule.functions.methods'}, files()\n"
        "x = cr.tensor([1.5]).floor()\n"
        "assert files() == {'chainrule.functions.methods', 'chainrule.functions.pointwise'}, files()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_everything_can_be_imported_with_a_star():
    code = (
        "from chainrule import *\nassert floor(tensor([1.5])).item() == 1 and linalg.norm and nn.Linear and pi > 3"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_is_misspelt_is_named():
    with pytest.raises(AttributeError, match="flooor"):
        cr.flooor  # noqa: B018
    with pytest.raises(AttributeError, match="flooor"):
        cr.tensor([1.0]).flooor()


@pytest.mark.parametrize(
    "change",
    [
        lambda h, other: h.addcmul_(h, other),
        lambda h, other: h.addcmul_(other, h, value=0.5),
        lambda h, other: h.lerp_(other, h),
        lambda h, other: h.lerp_(end=other, weight=h),
        lambda h, other: h.pow_(h) * other,
        lambda h, other: h.clamp_(min=other, max=h),
        lambda h, other: h.addcdiv_(other, h),
    ],
)
def test_in_place_with_itself_among_the_operands_is_what_it_is_out_of_place(change):
    class Copying:
        """Stands for h, and computes what an in-place form would, out of place."""

        def __init__(self, h):
            self.h = h

        def __getattr__(self, name):
            def method(*args, **kwargs):
                args = [self.h if a is self else a for a in args]
                kwargs = {k: self.h if a is self else a for k, a in kwargs.items()}
                return getattr(self.h, name.removesuffix("_"))(*args, **kwargs)

            return method

    results = []
    for stands_for in (lambda h: h, Copying):
        x = cr.tensor([0.5, 1.5], requires_grad=True)
        other = cr.tensor([2.0, 0.25], requires_grad=True)
        y = change(stands_for(x * 1), other)
        y.backward(cr.tensor([1.0, -2.0]))
        results.append([np.asarray(t) for t in (y.detach(), x.grad, other.grad)])
    for mine, expected in zip(*results, strict=True):
        assert np.array_equal(mine, expected)


def test_threads_are_those_of_the_blas():
    before = cr.get_num_threads()
    try:
        cr.set_num_threads(1)
        assert cr.get_num_threads() == 1
    finally:
        cr.set_num_threads(before)
    with pytest.raises(RuntimeError, match="from 1 on"):
        cr.set_num_threads(0)
