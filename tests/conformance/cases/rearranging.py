"""The same elements elsewhere: cut, joined, turned, repeated, and with axes in other places."""

import numpy as np
from tests.conformance.cases.sorting import DIMS, SECTION
from tests.conformance.cases.tensors import FLAGS, FORWARD, INTEGERS, SAME, SUMS, function, told, written
from tests.conformance.library import Dtype, array
from tests.conformance.trial import Case, Trial


def anything(d, *shapes, least=0):
    """Draw a tensor of any values, sometimes of integers or booleans."""
    x = d.values(d.pick(*shapes) if shapes else d.shape(least=least))
    return d.integers(x.shape, 0, 9, d.pick(*INTEGERS)) if d.chance(0.2) else x


def of_any(name, bounds=SAME, shapes=(), **choices):
    """Make the case of a function of one tensor and of options."""
    return function(name, lambda d: ([anything(d, *shapes)], d.options(**choices)), bounds, SECTION)


def of_numbers(name, argument, *choices, bounds=SAME, **more):
    """Make the case of a method that takes its numbers one by one, as a sequence, or by name."""

    def draw(d):
        return [anything(d)], {argument: d.pick(*choices), "form": d.pick("apart", "one", "named")}

    def call(lib, x, form, **option):
        if form == "named":
            return getattr(x, name)(**option)
        [numbers] = option.values()
        return getattr(x, name)(*numbers) if form == "apart" else getattr(x, name)(numbers)

    return written("Tensor.repeat" if name == "repeat" else name, draw, call, bounds, SECTION, **more)


def joined(name):
    """Make the case of a function of several tensors."""

    def draw(d):
        shape = d.pick((), (3,), (2, 3), (2, 3, 2), (0,))
        parts = [anything(d, shape) for _ in range(d.integer(1, 3))]
        if d.chance(0.15):
            parts[0] = anything(d, d.pick((4,), (2, 1), ()))
        return parts, {}

    return written(name, draw, lambda lib, *xs: getattr(lib.root, name)(xs), SAME, SECTION)


def of_parts(name):
    """Make the case of a function of tensors of at most a few axes, one by one or in a list."""

    def draw(d):
        parts = [d.values(d.pick((), (3,), (2, 3), (2, 1), (1, 2, 3))) for _ in range(d.integer(1, 3))]
        return parts, {"form": d.pick("one", "several", "list")}

    def call(lib, *xs, form):
        if name == "block_diag":
            return lib.root.block_diag(*xs)
        return getattr(lib.root, name)(*((xs[0],) if form == "one" else (list(xs),) if form == "list" else xs))

    return written(name, draw, call, SAME, SECTION)


def parted(d):
    return [anything(d, (4,), (4, 2), (2, 4, 6), (3, 3, 2), ())], {"at": d.pick(1, 2, 3, 0, [1], [1, 3], (2,))}


def shapes(d):
    return [], {"given": d.pick([(2, 1), (3,)], [(2,), (3,)], [()], [(4, 1, 2), (3, 1), ()])}


def of_several(name, bounds=SAME, **choices):
    """Make the case of a function that takes its tensors one by one."""

    def draw(d):
        parts = [d.values(d.pick((3,), (2,), (1,), ())) for _ in range(d.integer(1, 3))]
        return parts, d.options(**choices)

    return written(name, draw, lambda lib, *xs, **given: getattr(lib.root, name)(*xs, **given), bounds, SECTION)


def cut(d):
    places = d.pick([1], (1, 3), [2, 1], [-1], [], 1, 2, 3, 0)
    return [anything(d)], {"at": np.array(places, np.int64) if d.chance(0.2) else places, "dim": d.pick(*DIMS)}


def moved(d):
    return [anything(d, (4, 3), (2, 3, 4), ())], d.pick(
        {"source": 0, "destination": -1},
        {"source": (0, 1), "destination": (-1, 0)},
        {"source": 1, "destination": 0},
        {"source": (0, 0), "destination": (0, 1)},
        {"source": (0, 1), "destination": (0,)},
    )


def repeated(d):
    x = anything(d, (4,), (4, 3), (2, 4), (0,), ())
    options = d.options(dim=(None, 0, -1))
    if d.chance():
        n = x.size if options["dim"] is None else x.shape[options["dim"]] if x.ndim else 1
        options["repeats"] = d.integers(d.pick((n,), (n,), (1,), (n + 1,)), 0, 3)
        if d.chance(0.3):
            options["output_size"] = int(np.sum(options["repeats"])) if options["repeats"].size == n else 0
    else:
        options["repeats"] = d.pick(0, 1, 3, -1)
    return [x], options


def changed(name):
    """Make the case of a view: it shares its memory with the tensor, so that a change of it is one of both."""

    def draw(d):
        return [d.values(d.pick((4, 3), (2, 3, 4), (4, 1)), special=())], {}

    def call(lib, x):
        h = (x.detach() if name in SEVERAL else x) * 1
        view = VIEWS[name](lib, h)
        (view[0] if isinstance(view, tuple | list) else view).mul_(3)
        return h

    return written(f"{name} in place", draw, call, FORWARD if name in SEVERAL else SAME, SECTION)


SEVERAL = ("chunk", "unbind")  # of which PyTorch refuses changes that gradients flow through
VIEWS = {
    "chunk": lambda lib, x: lib.root.chunk(x, 2),
    "tensor_split": lambda lib, x: lib.root.tensor_split(x, 3, -1),
    "unbind": lambda lib, x: x.unbind(1),
    "narrow": lambda lib, x: x.narrow(0, 1, 1),
    "select": lambda lib, x: x.select(1, -1),
    "diagonal": lambda lib, x: x.diagonal(-1),
    "movedim": lambda lib, x: x.movedim(0, -1),
    "unflatten": lambda lib, x: x.unflatten(0, (2, -1)),
    "swapaxes": lambda lib, x: x.swapaxes(0, 1),
    "ravel": lambda lib, x: x.ravel(),
}


def corner(name):
    def draw(d):
        numbers = d.options(
            row=(0, 3, 4), col=(0, 2, 4), offset=(0, 1, -1, 5), dtype=(Dtype("int64"), Dtype("int32"))
        )

        def run(lib):
            return {"exact": [array(getattr(lib.root, name)(**{k: lib.given(v) for k, v in numbers.items()}))]}

        return Trial(run, [], numbers)

    return Case(name, SECTION, draw, {}, refused={"device": "cuda"})


MATRICES = ((3, 3), (4, 3), (2, 4, 3), (0, 3), (3,), ())
EMPTY = {"fewer than no copies": "numbers or more, from 0 on"}
SIZES = ((2, 2), (-1, 2), (3, 1, -1), (-1, -1), ())
DIAGONALS = (0, 1, -1, 5)
CASES = [
    of_any("chunk", chunks=(1, 2, 3, 7, 0), dim=DIMS),
    written("tensor_split", cut, lambda lib, x, at, dim: lib.root.tensor_split(x, at, dim), SAME, SECTION),
    of_any("unbind", dim=DIMS),
    *(
        joined(name)
        for name in ("hstack", "vstack", "dstack", "column_stack", "row_stack", "concat", "concatenate")
    ),
    *(of_parts(name) for name in ("atleast_1d", "atleast_2d", "atleast_3d", "block_diag")),
    *(
        written(name, parted, lambda lib, x, at, name=name: getattr(lib.root, name)(x, at), SAME, SECTION)
        for name in ("hsplit", "vsplit", "dsplit")
    ),
    of_any(
        "split_with_sizes",
        shapes=((3,), (3, 4), (2, 4, 3)),
        split_sizes=([1, 2], [2, 2], [4, -1], [0, 3]),
        dim=DIMS,
    ),
    told("broadcast_shapes", shapes, lambda lib, *x, given: tuple(lib.root.broadcast_shapes(*given))),
    written(
        "Tensor.fill_diagonal_",
        lambda d: ([d.values(d.pick((3, 3), (4, 3), (2, 5), (0, 3)))], {"fill_value": d.pick(2, -1.5, True)}),
        lambda lib, x, fill_value: (x * 1).fill_diagonal_(fill_value),
        SAME,
        SECTION,
        refused={"wrap": True},
    ),
    of_numbers("flip", "dims", (0,), (0, 1), (-1,), (), (0, 0)),
    of_any("fliplr"),
    of_any("flipud"),
    of_any("rot90", k=(1, 2, -1, 0, 5), dims=((0, 1), (1, 0), (-1, 0), (0, 0))),
    of_any("roll", shifts=(1, -2, 7, (1, 2)), dims=(0, -1, (0, 1), ())),
    of_numbers("repeat", "repeats", (2,), (2, 3), (1, 1, 2), (0, 2), (1,), (3, -1), bounds=SUMS, narrower=EMPTY),
    of_numbers("tile", "dims", (2,), (2, 3), (1, 1, 2), (0, 2), (), bounds=SUMS),
    function("repeat_interleave", repeated, SUMS, SECTION),
    function("movedim", moved, SAME, SECTION),
    function("moveaxis", moved, SAME, SECTION),
    of_any("swapaxes", axis0=DIMS, axis1=DIMS),
    of_any("swapdims", dim0=DIMS, dim1=DIMS),
    of_any("ravel"),
    of_any(
        "unflatten", shapes=((4, 3), (6,), (0, 4)), dim=(0, -1), sizes=((2, 2), (-1, 2), (3, 1, -1), (-1, -1), ())
    ),
    of_any("broadcast_to", SUMS, shapes=((3,), (1, 3), (), (2, 3)), size=((2, 3), (-1, 3), (3,), (2, -1, 3))),
    of_several("broadcast_tensors", SUMS),
    of_several("meshgrid", SUMS, indexing=("ij", "xy")),
    of_several("cartesian_prod", SUMS),
    of_any("combinations", SUMS, shapes=((4,), (1,), (0,), (2, 2)), r=(2, 1, 0, 3), with_replacement=FLAGS),
    of_any("tril", shapes=MATRICES, diagonal=DIAGONALS),
    of_any("triu", shapes=MATRICES, diagonal=DIAGONALS),
    of_any("diagonal", shapes=MATRICES, offset=DIAGONALS, dim1=(0, 1), dim2=(-1, 1)),
    of_any("diag", shapes=MATRICES, diagonal=DIAGONALS),
    of_any("diag_embed", shapes=MATRICES, offset=(0, 2, -1), dim1=(-2, 0, 1), dim2=(-1, 2)),
    of_any("diagflat", shapes=MATRICES, offset=(0, 2, -1)),
    corner("tril_indices"),
    corner("triu_indices"),
    *map(changed, VIEWS),
    *(
        written(
            f"Tensor.{name}",
            lambda d: ([anything(d, *MATRICES)], d.options(diagonal=DIAGONALS)),
            lambda lib, x, diagonal, name=name: getattr(x * 1, name)(diagonal),
            SAME,
            SECTION,
        )
        for name in ("tril_", "triu_")
    ),
]
