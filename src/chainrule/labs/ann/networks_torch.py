"""PyTorch's networks: the text of ``networks.py`` with one import changed."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from chainrule.labs.ann import networks

OURS, THEIRS = "from chainrule import nn\n", "from torch import nn\n"


def networks_in_pytorch() -> SimpleNamespace:
    """Return the classes of ``networks.py`` as they are in PyTorch: its text, with the one import changed.

    Raises
    ------
    ImportError
        If PyTorch is not installed.
    """
    source = Path(networks.__file__).read_text(encoding="utf-8")
    names: dict[str, Any] = {"__name__": "ann_networks_in_pytorch"}
    exec(compile(source.replace(OURS, THEIRS), "networks.py in PyTorch", "exec"), names)
    return SimpleNamespace(**names)
