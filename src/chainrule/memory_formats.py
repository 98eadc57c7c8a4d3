"""PyTorch's names for the order in which the elements of a new tensor lie in memory."""

from __future__ import annotations

from enum import Enum


class MemoryFormat(Enum):
    """An order of elements, which functions that make a tensor of another take as ``memory_format=``.

    Examples
    --------
    >>> MemoryFormat("preserve_format")
    chainrule.preserve_format
    """

    preserve_format = "preserve_format"
    contiguous_format = "contiguous_format"

    def __repr__(self) -> str:
        return f"chainrule.{self.name}"

    __str__ = __repr__


preserve_format, contiguous_format = MemoryFormat
