"""Joining samples into a batch."""

import copy
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

import numpy as np

from chainrule.creation import stack
from chainrule.dtypes import get_default_dtype
from chainrule.tensor import Tensor, as_tensor

__all__ = ["default_collate", "default_convert"]


def default_collate(batch: Sequence[Any]) -> Any:
    """Join samples of one kind into a batch, as PyTorch's function of this name does.

    Parameters
    ----------
    batch : sequence
        The samples: tensors or arrays of one shape (anything with ``__array__``), numbers, strings, or
        mappings, tuples and other sequences of those.

    Returns
    -------
    Any
        Tensors, arrays: a Tensor of shape (len(batch), ...). Python's floats: a Tensor of float64; integers: of
        int64. Strings: the batch as it is. Mappings, named tuples and sequences: one of the same type that
        holds batches; for a plain tuple, a list.

    Raises
    ------
    RuntimeError
        If arrays differ in shape, or sequences in length.
    TypeError
        If the samples are of another kind.

    Examples
    --------
    >>> default_collate([(0.5, 3), (1.5, 4)])
    [tensor([0.5000, 1.5000], dtype=float64), tensor([3, 4])]
    """
    first = batch[0]
    if isinstance(first, str | bytes):
        return batch
    if isinstance(first, np.generic | float | int):
        return _collate_numbers(batch)
    if hasattr(first, "__array__"):
        return stack(batch)
    if isinstance(first, Mapping):
        return _rebuild_mapping(first, {key: default_collate([sample[key] for sample in batch]) for key in first})
    if isinstance(first, Sequence):
        if any(len(sample) != len(first) for sample in batch):
            lengths = sorted({len(sample) for sample in batch})
            raise RuntimeError(f"default_collate expected samples of equal length, got lengths {lengths}")
        return _rebuild_sequence(first, [default_collate(column) for column in zip(*batch, strict=True)])
    raise TypeError(
        "default_collate expected samples made of tensors, arrays, numbers, strings, mappings or sequences, "
        f"found {type(first)}"
    )


def default_convert(data: Any) -> Any:
    """Turn arrays into Tensors, also inside mappings and sequences, and leave the rest as it is.

    What ``DataLoader(batch_size=None)`` applies to every sample.

    Parameters
    ----------
    data : Any
        A sample.

    Returns
    -------
    Any
        The sample with Tensors for arrays; a plain tuple becomes a list.

    Examples
    --------
    >>> default_convert((np.array([1, 2]), 3, "three"))
    [tensor([1, 2]), 3, 'three']
    """
    if isinstance(data, Tensor | str | bytes):
        return data
    if hasattr(data, "__array__"):
        array = np.asarray(data)
        return data if array.dtype.kind in "SUO" else as_tensor(array)
    if isinstance(data, Mapping):
        return _rebuild_mapping(data, {key: default_convert(value) for key, value in data.items()})
    if isinstance(data, Sequence):
        return _rebuild_sequence(data, [default_convert(item) for item in data])
    return data


def _collate_numbers(batch: Sequence[Any]) -> Tensor:
    array = np.asarray(batch)
    if isinstance(batch[0], float):
        array = array.astype(np.float64, copy=False)
    elif isinstance(batch[0], int) and array.dtype.kind == "f":
        array = array.astype(
            get_default_dtype()
        )  # PyTorch takes the kind from all numbers, 64 bits from the first
    return as_tensor(array)


def _rebuild_mapping(model: Mapping[Any, Any], values: dict[Any, Any]) -> Any:
    """Put `values` in a mapping like `model`, with its attributes."""
    if not isinstance(model, MutableMapping):
        return values
    result = copy.copy(model)
    result.update(values)
    return result


def _rebuild_sequence(model: Sequence[Any], values: list[Any]) -> Any:
    """Put `values` in a sequence like `model`; in a list where that is a plain tuple, or a range."""
    if isinstance(model, tuple):
        return type(model)(*values) if hasattr(model, "_fields") else values
    try:
        return type(model)(values)  # type: ignore[call-arg]
    except TypeError:
        return values
