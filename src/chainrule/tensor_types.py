"""PyTorch's old types of tensors: ``FloatTensor`` and its kin, each of one dtype."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule import dtypes
from chainrule.dtypes import DType
from chainrule.ops import Array
from chainrule.tensor import Tensor, from_data_or_shape


class TensorType:
    """What makes tensors of one dtype, and tells them from others.

    Parameters
    ----------
    name : str
    dtype : dtype

    Examples
    --------
    >>> LongTensor([1.7, 2.0]), FloatTensor(2, 3).shape
    (tensor([1, 2]), chainrule.Size([2, 3]))
    >>> FloatTensor(np.arange(3))
    tensor([0., 1., 2.])
    >>> isinstance(Tensor([1.0]), FloatTensor)
    True
    """

    def __init__(self, name: str, dtype: DType) -> None:
        self.__name__, self.dtype = name, dtype

    def __call__(self, *data: Any) -> Tensor:
        """Make a tensor of a sequence or an array, or, of integers, one of that shape to be filled."""
        if len(data) == 1 and isinstance(data[0], Tensor) and data[0].dtype != self.dtype:
            raise TypeError(f"{self.__name__} expected {self.dtype}, got {data[0].dtype}: use x.type()")
        if len(data) == 1 and isinstance(data[0], np.inexact | np.bool):
            raise TypeError(
                f"{self.__name__} expected a sequence or an array, got the number {data[0]}: use tensor()"
            )
        if len(data) == 1 and isinstance(data[0], np.ndarray):
            return self._of_array(data[0])
        return Tensor(from_data_or_shape(data, self.dtype)).to(self.dtype)

    def _of_array(self, array: Array) -> Tensor:
        """Convert an array, whose memory is shared if it has the dtype; PyTorch takes one integer as a length."""
        if not array.ndim and array.dtype.kind in "iu":
            return self(int(array))
        if array.dtype.kind in "biuf" and array.itemsize <= 8:
            with np.errstate(all="ignore"):
                array = array.astype(self.dtype, copy=False)
        return Tensor(from_data_or_shape((array,), self.dtype))

    def __instancecheck__(self, thing: Any) -> bool:
        return isinstance(thing, Tensor) and thing.dtype == self.dtype

    def __repr__(self) -> str:
        return f"chainrule.{self.__name__}"


FloatTensor = TensorType("FloatTensor", dtypes.float32)
DoubleTensor = TensorType("DoubleTensor", dtypes.float64)
CharTensor = TensorType("CharTensor", dtypes.int8)
ShortTensor = TensorType("ShortTensor", dtypes.int16)
IntTensor = TensorType("IntTensor", dtypes.int32)
LongTensor = TensorType("LongTensor", dtypes.int64)
ByteTensor = TensorType("ByteTensor", dtypes.uint8)
BoolTensor = TensorType("BoolTensor", dtypes.bool_)


def of_dtype(dtype: DType) -> TensorType:
    """Return the type of the tensors that have a dtype.

    Examples
    --------
    >>> of_dtype(dtypes.int64)
    chainrule.LongTensor
    """
    return next(kind for kind in globals().values() if isinstance(kind, TensorType) and kind.dtype == dtype)


def dtype_of(kind: Any) -> Any:
    """Return the dtype that a type, or the name of one with or without ``torch.`` before it, stands for.

    Raises
    ------
    ValueError
        If no type has that name.

    Examples
    --------
    >>> dtype_of("torch.LongTensor"), dtype_of(FloatTensor)
    (dtype('int64'), dtype('float32'))
    """
    if isinstance(kind, str):
        name, kind = kind, globals().get(kind.removeprefix("torch."))
        if not isinstance(kind, TensorType):
            raise ValueError(f"type() expected a name as 'torch.FloatTensor', got {name!r}: dtypes have no quotes")
    return kind.dtype if isinstance(kind, TensorType) else kind
