"""Shapes, values, layouts and options at random, from a seed."""

from __future__ import annotations

import numpy as np

SHAPES = [(), (1,), (5,), (0,), (4, 3), (1, 4), (0, 3), (2, 0), (2, 3, 4), (3, 1, 2), (2, 3, 2, 2), (33,)]
INF, NAN = (np.inf, -np.inf), (np.nan,)
KINKS = (0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 6.0)


class Draw:
    """A source of everything that a trial is made of."""

    def __init__(self, seed, dtype):
        self.rng, self.seed, self.dtype = np.random.default_rng(seed), seed & 0xFFFF, dtype

    def pick(self, *choices):
        return choices[self.rng.integers(len(choices))]

    def chance(self, p=0.5):
        return bool(self.rng.random() < p)

    def integer(self, low, high):
        """Draw from low to high, both included."""
        return int(self.rng.integers(low, high + 1))

    def options(self, **choices):
        """Draw each option from its choices, a tuple."""
        return {name: self.pick(*of) for name, of in choices.items()}

    def shape(self, least=0, most=4, empty=True):
        fitting = [s for s in SHAPES if least <= len(s) <= most and (empty or 0 not in s)]
        return self.pick(*fitting)

    def normal(self, shape, scale=1.0, shift=0.0):
        return self.cast(scale * self.rng.standard_normal(shape) + shift)

    def uniform(self, shape, low=0.0, high=1.0):
        return self.cast(self.rng.uniform(low, high, shape))

    def integers(self, shape, low, high, dtype=np.int64):
        """Draw from low to high, both included."""
        return np.asarray(self.rng.integers(low, high + 1, shape), dtype=dtype)

    def signs(self, shape):
        return self.cast(self.rng.choice([-1.0, 1.0], shape))

    def cast(self, array):
        return np.asarray(array, dtype=self.dtype)

    def values(self, shape, special=(*INF, *NAN), ties=KINKS, huge=1e30, tiny=1e-30):
        """Draw numbers: ordinary, huge, tiny, zeros, with ties, or some of each with infinities and NaN."""
        kind = self.pick("normal", "wide", "huge", "tiny", "ties", "mixed", "mixed")
        ordinary = self.rng.uniform(-12, 12, shape) if kind == "wide" else 2 * self.rng.standard_normal(shape)
        if kind == "huge":
            return self.cast(ordinary * huge)
        if kind == "tiny":
            return self.cast(ordinary * tiny)
        if kind == "ties":
            return self.cast(self.rng.choice(ties, shape))
        if kind == "mixed":
            odd = self.rng.choice([*ties, *special, 1e-20, min(huge, 1e10), *ties], shape)
            return self.cast(np.where(self.rng.random(shape) < 0.4, odd, ordinary))
        return self.cast(ordinary)

    def layout(self, array):
        """Lay the same values out otherwise in memory: column by column, with gaps, or repeated by stride 0."""
        array = np.asarray(array)
        kind = self.pick("plain", "plain", "transposed", "permuted", "strided", "expanded", "expanded column")
        if kind == "transposed":
            return np.asarray(array, order="F") if array.ndim > 1 else array
        if kind == "permuted" and array.ndim > 1:
            axes = self.rng.permutation(array.ndim)
            return np.ascontiguousarray(array.transpose(axes)).transpose(np.argsort(axes))
        if kind == "expanded column" and array.ndim > 1 and array.shape[-1]:
            return np.broadcast_to(np.asfortranarray(array)[..., :1], array.shape)
        if kind == "strided" and array.ndim:
            wide = np.empty((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
            wide[..., ::2] = array
            return wide[..., ::2]
        if kind == "expanded" and array.ndim and array.shape[0]:
            return np.broadcast_to(array[:1], array.shape)
        return array

    def spoil(self, arrays):
        """Give one array another dtype or shape, which PyTorch may refuse."""
        if any(not np.size(x) for x in arrays):  # where PyTorch takes nearly anything
            return arrays
        at = self.integer(0, len(arrays) - 1)
        array = np.asarray(arrays[at])
        kind = self.pick("dtype", "dtype", "axis", "no axis", "longer")
        if kind == "dtype":
            to = self.pick("int64", "float32", "float64", "bool", "uint8", "int32")
            array = np.clip(np.nan_to_num(array), 0, 100).astype(to)
        elif kind == "axis":
            array = array[np.newaxis] if self.chance() else array[..., np.newaxis]
        elif kind == "no axis" and array.ndim:
            array = array[0]
        elif array.ndim:
            axis = self.integer(0, array.ndim - 1)
            array = np.concatenate([array, array[(slice(None),) * axis + (slice(0, 1),)]], axis)
        return [*arrays[:at], np.asarray(array), *arrays[at + 1 :]]
