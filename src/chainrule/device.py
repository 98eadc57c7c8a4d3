"""PyTorch's questions about devices, answered for the only one there is: the CPU."""

from __future__ import annotations

from typing import Any


class device:
    """The place of a tensor: always the CPU.

    Parameters
    ----------
    type : str or device
        ``"cpu"``.

    Raises
    ------
    RuntimeError
        If it is another device.

    Examples
    --------
    >>> device("cpu").type
    'cpu'
    """

    type = "cpu"
    index = None

    def __init__(self, type: Any = "cpu") -> None:
        if str(type).partition(":")[0] != "cpu":
            raise RuntimeError(f"chainrule runs on the CPU alone, got device {type!s}: use 'cpu'")

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other) if isinstance(other, device) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.type)

    def __str__(self) -> str:
        return self.type

    def __repr__(self) -> str:
        return "device(type='cpu')"


class accelerator:
    """``torch.accelerator``: there is none."""

    @staticmethod
    def is_available() -> bool:
        """Return False."""
        return False

    @staticmethod
    def current_accelerator() -> None:
        """Return None."""
        return


class cuda:
    """``torch.cuda``: there is none, and what programs do for all devices has no effect, as in PyTorch."""

    @staticmethod
    def is_available() -> bool:
        """Return False."""
        return False

    @staticmethod
    def device_count() -> int:
        """Return 0."""
        return 0

    @staticmethod
    def manual_seed(seed: int) -> None:
        """Seed no generator: ``chainrule.manual_seed`` seeds the one there is."""

    @staticmethod
    def manual_seed_all(seed: int) -> None:
        """Seed no generator: ``chainrule.manual_seed`` seeds the one there is."""

    @staticmethod
    def empty_cache() -> None:
        """Free nothing."""
