"""Methods that take a shape or a dtype from another tensor, or change them in place; sequences of many lengths."""

import numpy as np
from tests.conformance.cases.rearranging import anything
from tests.conformance.cases.sorting import SECTION
from tests.conformance.cases.tensors import SAME, SUMS, at, told, written
from tests.conformance.library import Dtype, array
from tests.conformance.trial import Case, Trial

METHODS = "Tensor operations"
SIZES = ((2, 3), (0,), (), (3,), (-1,))


def made(name, *before, values=True):
    """Make the case of a method that makes a tensor like this one."""

    def draw(d):
        x = anything(d)
        first = [d.pick(*of) for of in before]
        kinds = Dtype("float64"), Dtype("int64"), Dtype("bool")
        options = {k: v for k, v in (("dtype", d.pick(None, *kinds)), ("requires_grad", d.chance(0.3))) if v}

        def run(lib):
            y = getattr(lib.tensor(x), name)(*first, **{k: lib.given(v) for k, v in options.items()})
            result = array(y) if values else np.zeros(tuple(y.shape), array(y).dtype)
            return {"exact": [result, np.asarray(y.requires_grad)]}

        return Trial(run, [x], options)

    return Case(f"Tensor.{name}", METHODS, draw, {}, refused={"device": "cuda"})


def like(name, *pairs, bounds=SAME):
    """Make the case of a method of two tensors, of which the other only shows what is wanted."""

    def draw(d):
        mine, other = d.pick(*pairs)
        return [anything(d, mine), d.normal(other).astype(d.pick(np.float32, np.float64, np.int64))], {}

    def call(lib, x, other):
        return getattr(x, name)(other.detach())

    return written(f"Tensor.{name}", draw, call, bounds, METHODS)


def in_place(name, *numbers):
    """Make the case of a method that changes the shape: of what was computed, and of what is used afterwards."""

    def draw(d):
        return [d.values(d.pick((4, 3), (1, 3), (2, 1, 3), (1,), ()), special=())], {"given": d.pick(*numbers)}

    def call(lib, x, given):
        h = x * 2
        getattr(h, name)(*given)
        return h * h

    return written(f"Tensor.{name}", draw, call, SAME, METHODS)


def detached(lib, x):
    h = x * 2
    h.detach_()
    return h * x


def padded(d):
    rest = d.pick((), (2,), (2, 3))
    parts = [d.normal((d.integer(0, 4), *rest)) for _ in range(d.integer(1, 3))]
    sides = ("right", "left", "middle") if d.chance(0.1) else ("right", "left")
    return parts, d.options(batch_first=(False, True), padding_value=(0.0, -1.5), padding_side=sides)


def pad(lib, *sequences, **options):
    return lib.nn.utils.rnn.pad_sequence(list(sequences), **options)


def single(d):
    return [anything(d)], {}


AXES = ((0,), (-1,), (1,), (3,))
CASES = [
    made("new_zeros", SIZES),
    made("new_ones", SIZES),
    made("new_empty", SIZES, values=False),
    made("new_full", SIZES, (2.5, 3, True)),
    made("new_tensor", ([1, 2], [[0.5]], 3, True)),
    like("expand_as", ((3,), (2, 3)), ((1, 3), (2, 3)), ((), (4,)), ((2,), (3,)), bounds=SUMS),
    like("reshape_as", ((4, 3), (12,)), ((2, 3, 2), (3, 4)), ((), (1,)), ((2,), (3,))),
    like("view_as", ((12,), (4, 3)), ((5,), (5, 1)), ((2,), (3,))),
    like("type_as", ((4, 3), (2,)), ((), (1,))),
    in_place("squeeze_", (), (0,), (-1,), (3,)),
    in_place("unsqueeze_", *AXES),
    in_place("transpose_", (0, 1), (-1, 0), (0, 3)),
    in_place("t_", ()),
    written("Tensor.detach_", lambda d: ([d.values(d.shape())], {}), detached, SAME, METHODS),
    told("Tensor.stride", at(None, 0, -1), lambda lib, x, dim: x.stride() if dim is None else x.stride(dim)),
    told("Tensor.storage_offset", single, lambda lib, x: [x.storage_offset(), x[..., -1:].storage_offset()]),
    told("Tensor.nelement", single, lambda lib, x: [x.nelement(), x.nbytes, x.itemsize]),
    told("Tensor.ndimension", single, lambda lib, x: x.ndimension()),
    told("Tensor.get_device", single, lambda lib, x: [x.get_device(), x.is_cuda]),
    written("nn.utils.rnn.pad_sequence", padded, pad, SAME, SECTION),
]
