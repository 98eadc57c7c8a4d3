"""The linear layers of a trained network, from the file that holds its state."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from chainrule.serialization import load
from chainrule.tensor import Tensor


def linear_layers(path: Path) -> tuple[list[Any], list[Any]]:
    """Return the weights and biases of the linear layers in a file of a ``state_dict()``, in their order there.

    A safetensors file has none, and its layers are taken in the order of their names, 2 before 10.

    Parameters
    ----------
    path : Path
        Ending in .safetensors, or what ``chainrule.load`` reads: .npz, and files of ``torch.save``.

    Returns
    -------
    list of ndarray
        The matrices, whose names end in "weight".
    list of ndarray or None
        The vectors of the same name, but for its end "bias".

    Raises
    ------
    OSError
        If the file can't be read.
    ValueError
        If it is damaged, or there are no matrices in it.

    Examples
    --------
    >>> import tempfile
    >>> from chainrule import nn, save
    >>> path = Path(tempfile.mkdtemp(), "model.npz")
    >>> save(nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2, bias=False)).state_dict(), path)
    >>> weights, biases = linear_layers(path)
    >>> [W.shape for W in weights], [b if b is None else b.shape for b in biases]
    ([(8, 4), (2, 8)], [(8,), None])
    """
    if path.suffix.lower() == ".safetensors":
        from chainrule.interop import load_safetensors

        state: Any = dict(sorted(load_safetensors(path).items(), key=_by_number))
    else:
        state = load(path)
    tensors = {
        name: value.array for name, value in state.items() if isinstance(value, Tensor)
    } if isinstance(state, dict) else {}  # fmt: skip
    matrices = [name for name, array in tensors.items() if name.endswith("weight") and array.ndim == 2]
    if not matrices:
        raise ValueError(f"{path} holds no weights of linear layers: a model's state_dict() was expected")
    return (
        [tensors[name] for name in matrices],
        [tensors.get(f"{name.removesuffix('weight')}bias") for name in matrices],
    )


def _by_number(item: tuple[str, Any]) -> list[tuple[int, str]]:
    """Return the key by which names are sorted: numbers in them count as such."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", item[0])]
