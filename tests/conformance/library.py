"""Both libraries through the names that they share, and PyTorch in float64 as the exact result."""

from __future__ import annotations

import numpy as np
import torch

import chainrule


class Library:
    """What a trial computes with.

    With ``exact``, every floating-point dtype is float64. ``nudge(dtype)`` is the relative change that every
    number is moved by, up or down at random, to learn how far results depend on the last digits of what they are
    made from.
    """

    def __init__(self, root, exact=False, nudge=None, seed=0):
        self.root, self.nn, self.F, self.optim = root, root.nn, root.nn.functional, root.optim
        self.init, self.manual_seed, self.exact = root.nn.init, root.manual_seed, exact
        self._nudge, self._rng = nudge, np.random.default_rng(seed)

    def dtype(self, name):
        """Return the dtype of a name, as PyTorch spells it."""
        floating = name.startswith("float")
        return getattr(self.root, "float64" if self.exact and floating else name)

    def tensor(self, array, needs_grad=False):
        """Wrap an array in its own layout."""
        if array.dtype.kind == "f" and self.exact:
            array = array.astype(np.float64)
        if array.dtype.kind == "f" and self._nudge is not None:
            sign = self._rng.choice([-1.0, 1.0], array.shape)
            sign = np.where(array == 1, -1.0, sign)  # which probabilities don't exceed
            array = array * (1 + self._nudge(array.dtype) * sign).astype(array.dtype)
        if self._nudge or self.exact:
            array = np.array(array, order="C")  # the layout is tried on what is compared
        tensor = self.root.from_numpy(np.asarray(array))
        return tensor.requires_grad_() if needs_grad and array.dtype.kind == "f" else tensor

    def given(self, value):
        """Convert an option: arrays become tensors, ``Dtype`` the library's own."""
        if isinstance(value, np.ndarray):
            return self.tensor(copied(value))
        if isinstance(value, Dtype):
            return self.dtype(value)
        if isinstance(value, ByLibrary):
            return value(self)
        return value


class Dtype(str):
    """The name of a dtype, as an option."""


class ByLibrary:
    """An option that each library makes for itself, such as a function of its tensors."""

    def __init__(self, make):
        self.make = make

    def __call__(self, lib):
        return self.make(lib)


def copied(array):
    """Copy an array with its layout: gaps, and elements that share their place."""
    if array.flags.c_contiguous:
        return array.copy()
    reach = sum((n - 1) * stride for n, stride in zip(array.shape, array.strides, strict=True))
    copy = np.ndarray(array.shape, array.dtype, np.zeros(reach + array.itemsize, np.uint8), strides=array.strides)
    copy[...] = array
    return copy


def array(tensor):
    """Return the values of a tensor of either library."""
    return np.array(tensor.detach().numpy())


OURS, THEIRS = Library(chainrule), Library(torch)
