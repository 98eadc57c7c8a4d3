"""What tensors and dtypes are: numbers, truths and dtypes."""

import numpy as np
from tests.conformance.cases.tensors import any_dtype, number, one, single, told, two
from tests.conformance.library import Dtype

NAMES = ("float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool")


def dtypes(d):
    return [], {"first": Dtype(d.pick(*NAMES)), "second": Dtype(d.pick(*NAMES))}


def name_of(dtype):
    return str(dtype).removeprefix("torch.")


def mixed(d):
    return number(d) if d.chance(0.4) else two(d)


def of_both(name, told_by):
    """Make the case of a function of two dtypes."""
    return told(
        name, dtypes, lambda lib, first, second: told_by(getattr(lib.root, name)(*map(lib.given, (first, second))))
    )


def result_type(lib, x, other=None, number=None):
    return name_of(lib.root.result_type(x, number if other is None else other))


def integers(d):
    return [], {"dtype": Dtype(d.pick(*NAMES))}


def limits(lib, dtype):
    info = lib.root.iinfo(lib.given(dtype))
    return np.array([info.min, info.max, info.bits])


CASES = [
    told("is_floating_point", any_dtype, lambda lib, x: lib.root.is_floating_point(x)),
    told("is_nonzero", single, lambda lib, x: lib.root.is_nonzero(x)),
    told("numel", one, lambda lib, x: lib.root.numel(x)),
    told("result_type", mixed, result_type),
    of_both("promote_types", name_of),
    of_both("can_cast", bool),
    told("iinfo", integers, limits),
]
