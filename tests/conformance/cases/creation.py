"""Functions that make tensors: from sizes, from numbers, from arrays and from tensors."""

import numpy as np
from tests.conformance.library import ByLibrary, Dtype, array
from tests.conformance.trial import Case, Trial, Within

SECTION = "Making tensors"
KINDS = tuple(map(Dtype, ("float32", "float64", "int64", "int32", "int16", "int8", "uint8", "bool")))
MADE = {"dtype": (None, *KINDS), "device": (None, "cpu", "nowhere"), "requires_grad": (False, True)}
REFUSED = {"out": True, "layout": True, "pin_memory": False}
LIKE = {"layout": True, "memory_format": True}
SIZES = [(), (0,), (1,), (7,), (3, 5), (2, 0, 3), (2, 3, 4)]
NO_SIZES = [(-1,), (2.5,), (True,), ("a",), ((2,), 3), (2, 3.0), ((2, -1),), ()]


def made(name, draw, bounds=None, *, values=True, **more):
    """Make the case of a function that makes a tensor. ``draw(d)`` gives its arguments, and its options."""

    def drawn(d):
        arguments, options = draw(d)

        def run(lib):
            result = getattr(lib.root, name)(
                *map(lib.given, arguments), **{k: lib.given(v) for k, v in options.items()}
            )
            found = array(result) if values else np.zeros(tuple(result.shape), array(result).dtype)
            told = np.array([str(found.dtype), str(result.requires_grad)])
            return {"forward": [found], "exact": [told]} if bounds else {"exact": [found, told]}

        # numbers that are counted in steps are as exact as the largest of them
        return Trial(run, [a for a in arguments if isinstance(a, np.ndarray)], options, {"forward": 5.0})

    return Case(name, SECTION, drawn, bounds or {}, **more)


def chosen(d, choices):
    return {k: d.pick(*of) for k, of in choices.items() if d.chance(0.4)}


def whole(n):
    """An integer as a tensor."""
    return ByLibrary(lambda lib: lib.root.tensor(n))


def sized(d):
    """Draw sizes: several, in one sequence, by name, as a tensor, or what is none."""
    size, options = d.pick(*SIZES), chosen(d, MADE)
    form = d.pick("several", "one", "list", "named", "tensor", "none")
    if form == "none":
        return list(d.pick(*NO_SIZES)), options
    if form == "named":
        return [], {"size": d.pick(size, list(size), 3), **options}
    if form == "tensor":
        return [whole(n) for n in size] or [()], options
    return {"several": list(size) or [()], "one": [size], "list": [list(size)]}[form], options


def number(d):
    """Draw a number, which the dtype may not hold, or a tensor of one or more."""
    big = d.pick(300, -1, 2**40, 1e300, np.inf, np.nan, whole([1.0, 2.0]), None, "a")
    return d.pick(0, 2, 2.7, -1.5, True, whole(3), whole(1.5), *([big] * 3))


def filled(d):
    size = d.pick(*SIZES, 3, (2.5,), (-1,)) if d.chance(0.3) else d.pick(*SIZES)
    options = chosen(d, MADE)
    return ([size, number(d)], options) if d.chance() else ([], {"size": size, "fill_value": number(d), **options})


def like(d):
    x = d.layout(d.integers(d.pick(*SIZES), 0, 1, d.pick(np.float32, np.float64, np.int64, np.uint8, np.bool_)))
    return [x if d.chance(0.95) else d.pick([1.0], 2.0, None)], chosen(d, MADE)


def filled_like(d):
    [x], options = like(d)
    return ([x, number(d)], options) if d.chance() else ([x], {"fill_value": number(d), **options})


def counted(d):
    """Draw what ``arange`` takes: one to three numbers, by place or by name."""
    start, end, step = d.pick(
        *((0, 5, 1), (2, 9, 3), (5, 0, -2), (0.0, 1.0, 0.1), (1.0, 2.0, 0.3), (-3, 3, 0.7), (3, 3, 1)),
        *((0, 300, 1), (0, 5, 0), (5, 0, 1), (0, np.inf, 1), (0.5, 4, 1), (1.5, 9, 2.5), (0, 2**20, 2**18)),
        *((whole(1), whole(4), whole(2)), (True, 3, True), (0, "a", 1), (1, None, 1), (0, 5, None), (0, 1j, 1)),
    )
    options = chosen(d, MADE)
    form = d.pick("end", "two", "three", "three", "named", "no end")
    if form == "named":
        return [], {"start": start, "end": end, "step": step, **options}
    if form == "no end":
        return [start], {"step": step, **options}
    return {"end": [end], "two": [start, end], "three": [start, end, step]}[form], options


def spaced(d):
    start, end = d.pick(
        (0, 1), (0, None), ("a", 1), (0.0, 1.0), (-3.5, 7.25), (5, -5), (1e-3, 1e3), (2, 2), (whole(0.5), whole(3))
    )
    steps = d.pick(0, 1, 2, 3, 10, 50, 101, whole(4), -1, 2.5, True)
    options = chosen(d, MADE)
    if d.chance():
        return [start, end, steps], options
    return [], {"start": start, "end": end, "steps": steps, **options}


def powers(d):
    start, end = d.pick((0, 1), (0.0, 2.0), (-3.5, 1.25), (3, -2), (2, 2), ("a", 1))
    options = {"start": start, "end": end, "steps": d.pick(0, 1, 2, 3, 10, -1)} | chosen(d, MADE)
    return [], options | ({"base": d.pick(2.0, 10, 0.5)} if d.chance() else {})


def unit_matrix(d):
    lengths = d.pick(0, 1, 3, 3, 5, whole(2)), d.pick(0, 1, 2, 3, 4)
    bad = d.pick(-1, 2.5, True, "a", None)
    n, m = d.pick(lengths, lengths, lengths, (bad, 2), (2, bad))
    options = chosen(d, MADE)
    return d.pick(([n], options), ([n, m], options), ([], {"n": n, "m": m, **options}))


NESTED = [
    *(1, 2.5, True, [], [[]], [1, 2], [1, 2.5], [True, 2], [True, False], [[1.0, 2.0], [3.0, 4.0]], (1, (2,))),
    *([[1], [2, 3]], None, "a", 2**63, 300, -1, [2.7, -2.7], [np.inf, np.nan], range(3)),
    *(np.float64(0.1), np.int32(3), [[], [1]], {}, [None], 1e300, [0.1, 1e-46], 2**53 + 1),
]


def held(d):
    """Draw data: numbers, nested sequences, arrays and tensors of any dtype and layout."""
    kind = d.pick(np.float32, np.float64, np.int64, np.int32, np.uint8, np.bool_)
    x = d.layout(d.integers(d.pick(*SIZES), 0, 9).astype(kind))
    shares = ByLibrary(lambda lib: lib.root.tensor([1.5, 2.5]))
    numpys = ByLibrary(lambda lib: x)
    return d.pick(*NESTED, *([x] * 8), *([numpys] * 8), shares, [shares], [whole(2), 3])


def copied(d):
    options = chosen(d, MADE)
    return ([held(d)], options) if d.chance() else ([], {"data": held(d), **options})


def wrapped(d):
    options = chosen(d, {"dtype": MADE["dtype"], "device": MADE["device"]})
    return ([held(d)], options) if d.chance() else ([], {"data": held(d), **options})


def from_array(d):
    kind = d.pick(*(np.float32, np.float64, np.int64, np.int32, np.int16, np.int8, np.uint8, np.bool_, np.str_))
    x = d.layout(d.integers(d.pick(*SIZES), 0, 9).astype(kind))
    return [ByLibrary(lambda lib: x) if d.chance(0.9) else d.pick([1], 2, x)], {}


NARROWER = {
    "lists of different lengths, the first of them empty": "nested lists of one shape",
    "integers from 2⁶³ on, as booleans": "uint64",
}
CLASS = "The class Tensor(array) wraps an array of NumPy as it is, where PyTorch's makes a float32 copy of it."
CASES = [
    made("zeros", sized, refused=REFUSED),
    made("ones", sized, refused=REFUSED),
    made("empty", sized, values=False, refused=REFUSED | {"memory_format": True}),
    made("full", filled, refused=REFUSED),
    made("zeros_like", like, refused=LIKE),
    made("ones_like", like, refused=LIKE),
    made("empty_like", like, values=False, refused=LIKE),
    made("full_like", filled_like, refused=LIKE),
    made("arange", counted, {"forward": Within(2, "size")}, refused=REFUSED),
    made("linspace", spaced, refused=REFUSED),
    made("logspace", powers, {"forward": Within(2)}, refused=REFUSED),
    made("eye", unit_matrix, refused=REFUSED),
    made("tensor", copied, refused={"pin_memory": False}, narrower=NARROWER, note=CLASS),
    made("as_tensor", wrapped, narrower=NARROWER),
    made("from_numpy", from_array),
]
