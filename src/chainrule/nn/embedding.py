"""A table whose rows are learned."""

from __future__ import annotations

from typing import Any, Self

from chainrule import arguments, creation
from chainrule.autograd import no_grad
from chainrule.nn import functional as F
from chainrule.nn import init
from chainrule.nn.embedding_functions import check_dense, checked_padding
from chainrule.nn.module import Module
from chainrule.nn.parameter import Parameter
from chainrule.tensor import Tensor, as_tensor


class Embedding(Module):
    """The rows of a table at given positions.

    Parameters
    ----------
    num_embeddings, embedding_dim : int
        The number of rows, and their length.
    padding_idx : int, optional
        The position of a row that starts as 0 and gets no gradient.
    max_norm : float, optional
        Rows that are taken are scaled down to this norm first, in place.
    norm_type : float
        The order of that norm.
    scale_grad_by_freq : bool
        Whether to divide the gradient of a row by how often it was taken.
    sparse : bool
        Gradients of the rows that were taken alone, which are not covered.
    _weight : Tensor, optional
        The table to start with.
    _freeze : bool
        Whether the table is not learned.
    device : optional
        Must be the CPU.
    dtype : dtype, optional
        float32 or float64.

    Attributes
    ----------
    weight : Parameter
        The table, shape (num_embeddings, embedding_dim), normal with mean 0 and variance 1.

    Raises
    ------
    AssertionError
        If ``padding_idx`` is not in the table, or ``_weight`` has another shape.
    NotImplementedError
        If the gradient is to be sparse.

    Examples
    --------
    >>> Embedding(10, 3)([[1, 2], [4, 9]]).shape
    chainrule.Size([2, 2, 3])
    """

    weight: Parameter

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Any = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        check_dense(sparse)
        num_embeddings = self.num_embeddings = arguments.whole("num_embeddings", num_embeddings)
        embedding_dim = self.embedding_dim = arguments.whole("embedding_dim", embedding_dim)
        self.padding_idx = checked_padding(padding_idx, num_embeddings)
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse
        shape = (num_embeddings, embedding_dim)
        values = creation.empty(shape, device=device, dtype=dtype) if _weight is None else as_tensor(_weight)
        if values.shape != shape:
            raise AssertionError(
                f"nn.Embedding expected a weight of shape {shape}, got shape {tuple(values.shape)}"
            )
        self.weight = Parameter(values, requires_grad=not _freeze)
        if _weight is None:
            self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the table anew."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx] = 0

    def forward(self, input: Any) -> Tensor:
        """Take the rows at the positions that the input holds."""
        return F.embedding(
            input,
            self.weight,
            self.padding_idx,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.sparse,
        )

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Any,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Self:
        """Return an embedding with a given table.

        Parameters
        ----------
        embeddings : Tensor
            The table, shape (num_embeddings, embedding_dim).
        freeze : bool
            Whether it is not learned.
        padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse
            As for the class.

        Returns
        -------
        Embedding

        Raises
        ------
        AssertionError
            If the table has not two axes.

        Examples
        --------
        >>> Embedding.from_pretrained([[1.0, 2.0], [3.0, 4.0]])([1])
        tensor([[3., 4.]])
        """
        table = as_tensor(embeddings)
        if table.ndim != 2:
            raise AssertionError(f"from_pretrained expected a table of 2 axes, got shape {tuple(table.shape)}")
        rows, length = table.shape
        return cls(
            rows,
            length,
            padding_idx=padding_idx,
            max_norm=max_norm,
            norm_type=norm_type,
            scale_grad_by_freq=scale_grad_by_freq,
            sparse=sparse,
            _weight=table,
            _freeze=freeze,
        )

    def extra_repr(self) -> str:
        """Return what ``repr`` shows."""
        options = {
            "padding_idx": self.padding_idx,
            "max_norm": self.max_norm,
            "norm_type": None if self.norm_type == 2 else self.norm_type,
            "scale_grad_by_freq": self.scale_grad_by_freq or None,
        }
        shown = [f"{name}={value}" for name, value in options.items() if value is not None]
        return ", ".join([str(self.num_embeddings), str(self.embedding_dim), *shown])
