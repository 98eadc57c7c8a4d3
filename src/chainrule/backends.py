"""``torch.backends`` on a machine without a GPU: switches that programs set, and libraries that are not used."""

from __future__ import annotations

from chainrule.later import missing_from


class _Unused:
    @staticmethod
    def is_available() -> bool:
        """Return False."""
        return False


class cudnn(_Unused):
    """``torch.backends.cudnn``: its switches can be set, and have no effect."""

    enabled = True
    deterministic = False
    benchmark = False
    allow_tf32 = True

    @staticmethod
    def version() -> None:
        """Return None."""
        return


class cuda:
    """``torch.backends.cuda``: its switch can be set, and has no effect."""

    class matmul:
        """Products of matrices."""

        allow_tf32 = False

    @staticmethod
    def is_built() -> bool:
        """Return False."""
        return False


class mps(_Unused):
    """``torch.backends.mps``: there is none."""

    @staticmethod
    def is_built() -> bool:
        """Return False."""
        return False


class mkl(_Unused):
    """``torch.backends.mkl``: matrices are multiplied by NumPy's own library."""


class mkldnn(_Unused):
    """``torch.backends.mkldnn``: not used."""


__all__ = ["cuda", "cudnn", "mkl", "mkldnn", "mps"]

__getattr__ = missing_from(__name__)
