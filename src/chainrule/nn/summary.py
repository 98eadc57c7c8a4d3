"""What a network is made of: shapes, parameters and multiply-adds, layer by layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.autograd import no_grad
from chainrule.nn.linear import Bilinear, Linear
from chainrule.nn.module import Module
from chainrule.nn.watching import unchanged, watched
from chainrule.tensor import Tensor, as_tensor

HEADINGS = ("Layer", "Type", "Output Shape", "Param #", "Mult-Adds")


@dataclass
class Row:
    """A module of the model.

    Attributes
    ----------
    name, kind : str
        Its dotted name, empty for the model itself, and its type.
    output_shape : tuple, list of tuple, or None
        Of what it returned last; several of them for a container of tensors; None if it was not called.
    params : int
        Elements of the parameters that are its own, not those of the modules below, and that no row above has.
    mult_adds : int
        Of the matrix products of all its calls.
    """

    name: str
    kind: str
    output_shape: Any = None
    params: int = 0
    mult_adds: int = 0


@dataclass
class Summary:
    """What ``Module.summary`` returns; ``str`` of it is the table.

    Attributes
    ----------
    rows : list of Row
        The model, and all modules below it.
    input_size : list
        The shapes of the arguments, tuples of int; of a dictionary, a list of those in it.
    total_params, trainable_params : int
        Elements of parameters; shared ones count once.
    """

    rows: list[Row]
    input_size: list[Any]
    total_params: int
    trainable_params: int

    @property
    def total_mult_adds(self) -> int:
        """Multiplications, each with its addition, of all matrix products."""
        return sum(row.mult_adds for row in self.rows)

    def __str__(self) -> str:
        table = _aligned([HEADINGS, *(_cells(row) for row in self.rows)])
        rule = "=" * max(map(len, table))
        sizes = ", ".join(map(str, self.input_size))
        totals = [
            f"Input size: {sizes}",
            f"Total params: {self.total_params:,}",
            f"Trainable params: {self.trainable_params:,}",
            f"Non-trainable params: {self.total_params - self.trainable_params:,}",
            f"Total mult-adds: {self.total_mult_adds:,}",
        ]
        return "\n".join([rule, table[0], rule, *table[1:], rule, *totals, rule])

    __repr__ = __str__


def summarize(model: Module, input_size: Any, input_data: Any) -> Summary:
    """Run a model once, and return what was seen; the arguments are those of ``Module.summary``.

    Examples
    --------
    >>> from chainrule import nn
    >>> print(nn.Sequential(nn.Flatten(), nn.Linear(784, 10)).summary((64, 1, 28, 28)))
    =====================================================
    Layer    Type        Output Shape  Param #  Mult-Adds
    =====================================================
    (model)  Sequential  (64, 10)           --         --
    0        Flatten     (64, 784)          --         --
    1        Linear      (64, 10)        7,850    501,760
    =====================================================
    Input size: (64, 1, 28, 28)
    Total params: 7,850
    Trainable params: 7,850
    Non-trainable params: 0
    Total mult-adds: 501,760
    =====================================================
    """
    args, kwargs = _inputs(model, input_size, input_data)
    modules = dict(model.named_modules())
    rows, counted = {}, set()
    for name, module in modules.items():
        own = [p for p in module.parameters(recurse=False) if p not in counted]
        counted.update(own)
        rows[name] = Row(name, type(module).__name__, params=sum(p.numel() for p in own))

    def look(name: str, module: Module, args: Any, output: Any) -> None:
        row = rows[name]
        row.output_shape = _shapes(output)
        row.mult_adds += _mult_adds(module, output)

    sizes = [_shapes(x) for x in [*args, *kwargs.values()]]
    with unchanged(model), watched(modules, look), no_grad(), np.errstate(all="ignore"):
        model.eval()
        try:
            model(*args, **kwargs)
        except Exception as error:
            given = ", ".join(map(str, sizes))
            raise RuntimeError(
                f"summary ran {type(model).__name__} with an input of shape {given}, and it failed: {error}. "
                "Pass the shape of a whole batch, or a batch itself as input_data"
            ) from error
    params = list(model.parameters())
    trainable = sum(p.numel() for p in params if p.requires_grad)
    return Summary(list(rows.values()), sizes, sum(p.numel() for p in params), trainable)


def _inputs(model: Module, input_size: Any, input_data: Any) -> tuple[list[Any], dict[str, Any]]:
    """Return the arguments to run a model with: those that are given, or ones of the shapes that are."""
    if (input_size is None) == (input_data is None):
        raise ValueError("summary expected either input_size or input_data: pass model.summary((64, 1, 28, 28))")
    if isinstance(input_data, dict):
        return [], {name: _as_argument(x) for name, x in input_data.items()}
    if input_data is not None:
        several = isinstance(input_data, list | tuple) and all(
            hasattr(x, "__array__") or isinstance(x, dict) for x in input_data
        )
        return [_as_argument(x) for x in (input_data if several else [input_data])], {}
    return _ones(model, input_size), {}


def _as_argument(x: Any) -> Any:
    """Return a tensor, or a dictionary with tensors for its arrays."""
    if isinstance(x, dict):
        return {name: as_tensor(value) if hasattr(value, "__array__") else value for name, value in x.items()}
    return as_tensor(x)


def _ones(model: Module, input_size: Any) -> list[Tensor]:
    """Return ones of a shape, or of several."""
    several = isinstance(input_size, Sequence) and len(input_size) > 0 and isinstance(input_size[0], Sequence)
    if any(
        getattr(x, "ndim", 0) for x in [input_size, *(input_size if isinstance(input_size, list | tuple) else ())]
    ):
        raise ValueError("summary expected input_size to be a shape, got an array: pass it as input_data=X")
    shapes = input_size if several else [input_size]
    for shape in shapes:
        if not isinstance(shape, Sequence) or not all(isinstance(n, int | np.integer) and n > 0 for n in shape):
            raise ValueError(
                f"summary expected input_size to be a shape, or a list of shapes, of positive integers, got "
                f"{input_size!r}"
            )
    dtype = next((p.array.dtype for p in model.parameters()), np.float32)
    return [Tensor(np.ones(shape, dtype)) for shape in shapes]


def _shapes(output: Any) -> Any:
    """Return the shape of a tensor, or those of the tensors in a container."""
    if isinstance(output, Tensor):
        return tuple(output.shape)
    values = output.values() if isinstance(output, dict) else output if isinstance(output, list | tuple) else ()
    return [_shapes(value) for value in values] or None


def _mult_adds(module: Module, output: Any) -> int:
    """Return the multiply-adds of a call: each output takes one for every weight that leads to it."""
    if not isinstance(output, Tensor):  # of a subclass, which returns something else
        return 0
    if isinstance(module, Linear):
        return int(output.numel()) * module.in_features
    if isinstance(module, Bilinear):  # x₁ᵀ W x₂: first W x₂, then the product with x₁
        return int(output.numel()) * module.in1_features * (module.in2_features + 1)
    return 0


def _cells(row: Row) -> tuple[str, ...]:
    shape = "not called" if row.output_shape is None else str(row.output_shape)
    return (
        row.name or "(model)",
        row.kind,
        shape,
        f"{row.params:,}" if row.params else "--",
        f"{row.mult_adds:,}" if row.mult_adds else "--",
    )


def _aligned(cells: list[tuple[str, ...]]) -> list[str]:
    """Return the lines of a table: words to the left, the two columns of numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if i >= 3 else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]
