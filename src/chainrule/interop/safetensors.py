"""Models as safetensors files, which PyTorch and many others read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.files import write_whole
from chainrule.foreign import HALVES, checked_tensor
from chainrule.json_files import parse_json
from chainrule.nn import Module
from chainrule.tensor import Tensor

RESERVED = "__metadata__"


def _library() -> Any:
    try:
        import safetensors.numpy
    except ImportError as error:
        raise ImportError('safetensors files need an extra: pip install "chainrule[lab]"') from error
    return safetensors.numpy


def save_safetensors(
    model: Module | Mapping[str, Any], path: str | os.PathLike[str], metadata: dict[str, str] | None = None
) -> None:
    """Save the state of a model, or any tensors with names, as a safetensors file, whole or not at all.

    Parameters
    ----------
    model : Module, or mapping of str to Tensor
        A mapping is saved as it is, a model's ``state_dict()`` for one.
    path : path-like
    metadata : dict of str, optional
        Notes to keep in the file.

    Raises
    ------
    TypeError
        If something else is given, or found in the mapping.
    ValueError
        If a parameter or buffer has the name under which such files keep their notes.

    Examples
    --------
    >>> import tempfile
    >>> from chainrule import nn
    >>> path = tempfile.mkdtemp() + "/model.safetensors"
    >>> save_safetensors(nn.Linear(2, 1), path)
    >>> sorted(load_safetensors(path))
    ['bias', 'weight']
    """
    tensors = model.state_dict() if isinstance(model, Module) else model
    if not isinstance(tensors, Mapping):
        raise TypeError(f"save_safetensors expected a model, or tensors by names, got {type(model).__name__}")
    for name, tensor in tensors.items():
        if not isinstance(name, str) or not hasattr(tensor, "__array__"):
            raise TypeError(f"save_safetensors expected tensors by names, got {type(tensor).__name__} at {name!r}")
    arrays = {name: np.asarray(tensor, order="C") for name, tensor in tensors.items()}
    if RESERVED in arrays:
        raise ValueError(
            f"safetensors files keep their notes as {RESERVED!r}: no parameter or buffer can be called so"
        )
    content = _library().save(arrays, metadata=metadata)
    with write_whole(path) as file:
        file.write(content)


def load_safetensors(path: str | os.PathLike[str]) -> dict[str, Tensor]:
    """Load a safetensors file, for ``model.load_state_dict``.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    dict of Tensor

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not a safetensors file, a damaged one, or one of a dtype that tensors don't have.

    Examples
    --------
    >>> import tempfile
    >>> from chainrule import nn
    >>> path = tempfile.mkdtemp() + "/model.safetensors"
    >>> model = nn.Linear(2, 1)
    >>> save_safetensors(model, path)
    >>> model.load_state_dict(load_safetensors(path))
    <All keys matched successfully>
    """
    library = _library()
    with open(path, "rb") as file:  # noqa: PTH123 (accepts what os.fspath accepts)
        content = file.read()
    try:
        arrays = library.load(content)
        length = int.from_bytes(content[:8], "little")
        parse_json(content[8 : 8 + length])  # which knows names that are given twice
        return {name: checked_tensor(array, name) for name, array in arrays.items()}
    except KeyError as error:  # of the library, for dtypes that NumPy lacks
        mend = HALVES if error.args == ("BF16",) else ""
        raise ValueError(f"{os.fspath(path)} has tensors of {error}, which NumPy does not have{mend}") from error
    except MemoryError as error:
        raise MemoryError(f"{os.fspath(path)} can't be loaded: it needs more memory than there is") from error
    except Exception as error:
        raise ValueError(
            f"{os.fspath(path)} is not a safetensors file of what chainrule covers, or it is damaged: "
            f"{str(error)[:300]}"
        ) from error
