"""PyTorch's CPU random numbers, bit for bit, in NumPy.

One stream of 32-bit words (the Mersenne twister MT19937) feeds every draw, and each kind of draw takes the
same words in the same order as PyTorch does, so that two programs with one seed stay in step through any
sequence of draws, and a state can move from one to the other in the middle of it.

Reproduced is PyTorch 2.13 on x86-64 processors with AVX2 or AVX-512. On those without, it draws the same words
and rounds otherwise (measured with ATEN_CPU_CAPABILITY=default, on 100 000 numbers): uniform numbers between
bounds, such as the weights of a linear layer, differ by one unit in the last place of the bound; float32 normal
numbers, 16 or more, by up to 2·10⁻⁶ standard deviations; fewer in float64 by one unit in the last place. On
Intel processors PyTorch's builds with MKL draw Bernoulli masks, and so dropout, from another generator, which
is not reproduced.
"""

import copy
import math
import operator
import os
import struct
from collections.abc import Sequence
from typing import Any, SupportsIndex, SupportsInt

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from chainrule import _box_muller
from chainrule._fma import fma

Shape = SupportsIndex | Sequence[SupportsIndex]

STATE_WORDS = 624
# at::CPUGeneratorImplState, little endian: seed, left, seeded, next, the state words in 64 bits each,
# normal_x (unused), cached double, normal_rho (unused), its validity, cached float, its validity.
STATE_LAYOUT = struct.Struct("<QiiQ4992s3di4xfB3x")
DEFAULT_SEED = 67280421310721
BLOCK = 16384  # uniform numbers at a time: what is in work stays in the cache


class Generator:
    """A source of random numbers whose draws are those of ``torch.Generator``.

    Parameters
    ----------
    device : str
        "cpu", the only device there is.

    Raises
    ------
    RuntimeError
        If `device` is another.

    Examples
    --------
    >>> g = Generator().manual_seed(0)
    >>> g.uniform(3)
    array([0.4962566 , 0.7682218 , 0.08847743], dtype=float32)
    >>> state = g.get_state()
    >>> g.permutation(5)
    array([0, 4, 2, 1, 3])
    >>> g.set_state(state)
    >>> g.permutation(5)
    array([0, 4, 2, 1, 3])
    """

    def __init__(self, device: str = "cpu") -> None:
        if str(device) != "cpu":
            raise RuntimeError(f'Generator expected device="cpu", the only device of chainrule, got {device!r}')
        self.device = "cpu"
        self._mt19937 = np.random.RandomState(0)
        self._seed = DEFAULT_SEED
        self.manual_seed(DEFAULT_SEED)

    def __repr__(self) -> str:
        return f"<chainrule.Generator device='cpu' initial_seed={self._seed}>"

    # Seeds and states

    def manual_seed(self, seed: int | np.integer[Any]) -> "Generator":
        """Start the stream of a seed.

        Parameters
        ----------
        seed : int
            From −2^63 to 2^64 − 1; a negative one counts as seed + 2^64. As in PyTorch, only the low 32 bits
            decide the stream.

        Returns
        -------
        Generator
            This one.

        Raises
        ------
        RuntimeError
            If `seed` is not an integer.
        ValueError
            If `seed` is out of range.
        """
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
            raise RuntimeError(f"manual_seed expected an integer, got {seed!r}")
        number = int(seed)
        if not -(2**63) <= number < 2**64:
            raise ValueError(f"manual_seed expected a seed from -2**63 to 2**64 - 1, got {number}")
        self._seed = number % 2**64
        self._mt19937.seed(self._seed % 2**32)
        self._fresh = True
        self._next_double: float | None = None
        self._next_float: float | None = None
        return self

    def seed(self) -> int:
        """Start the stream of a seed taken from the operating system, and return that seed.

        Returns
        -------
        int
            64 bits.
        """
        number = int.from_bytes(os.urandom(8), "little")
        self.manual_seed(number)
        return number

    def initial_seed(self) -> int:
        """Return the seed that started this stream.

        Returns
        -------
        int
            From 0 to 2^64 − 1.
        """
        return self._seed

    def get_state(self) -> NDArray[np.uint8]:
        """Return the state, in the bytes of ``torch.Generator.get_state()``.

        Returns
        -------
        ndarray of uint8, shape (5056,)
            ``torch_generator.set_state(torch.from_numpy(state))`` continues this stream in PyTorch.
        """
        _, key, position, _, _ = self._mt19937.get_state(legacy=True)
        position = int(position)
        packed = STATE_LAYOUT.pack(
            self._seed,
            STATE_WORDS + 1 - position,
            1,
            0 if self._fresh else position,
            np.asarray(key, dtype="<u8").tobytes(),
            0.0,
            self._next_double or 0.0,
            0.0,
            self._next_double is not None,
            self._next_float or 0.0,
            self._next_float is not None,
        )
        return np.frombuffer(bytearray(packed), dtype=np.uint8)

    def set_state(self, state: ArrayLike) -> None:
        """Continue from a state of this class or of ``torch.Generator``.

        Parameters
        ----------
        state : array_like of uint8, shape (5056,)
            What `get_state` returned here or in PyTorch.

        Raises
        ------
        TypeError
            If `state` is not of bytes.
        RuntimeError
            If it has another size, or is not the state of a Mersenne twister.
        """
        array = np.asarray(state)
        if array.dtype != np.uint8:
            raise TypeError(f"set_state expected an array of uint8, got dtype {array.dtype}")
        if array.size != STATE_LAYOUT.size:
            raise RuntimeError(f"set_state expected {STATE_LAYOUT.size} bytes, got shape {array.shape}")
        seed, left, seeded, position, key, _, double, _, has_double, single, has_single = STATE_LAYOUT.unpack(
            array.tobytes()
        )
        fresh = (left, position) == (1, 0)
        if seeded != 1 or not (fresh or (1 <= left <= STATE_WORDS and left + position == STATE_WORDS + 1)):
            raise RuntimeError(
                "set_state expected the state of a seeded generator, with left + next = 625, "
                f"got seeded = {seeded}, left = {left}, next = {position}: is this what get_state returned?"
            )
        words = np.frombuffer(key, dtype="<u8").astype(np.uint32)
        self._mt19937.set_state(("MT19937", words, STATE_WORDS if fresh else position, 0, 0.0))
        self._seed = seed
        self._fresh = fresh
        self._next_double = double if has_double else None
        self._next_float = single if has_single else None

    def clone_state(self) -> "Generator":
        """Return another generator, which gives the same numbers from here on.

        Returns
        -------
        Generator
            One that goes on by itself.

        Examples
        --------
        >>> g = Generator().manual_seed(0)
        >>> other = g.clone_state()
        >>> bool(g.uniform(()) == other.uniform(()))
        True
        """
        return copy.deepcopy(self)

    # Draws

    def words(self, n: int) -> NDArray[np.uint32]:
        """Draw the next words of the stream, from which all other draws are made.

        Parameters
        ----------
        n : int

        Returns
        -------
        ndarray of uint32, shape (n,)
        """
        self._fresh = self._fresh and n == 0
        # Over the full range, NumPy's randint hands out the words as they come.
        return self._mt19937.randint(0, 2**32, n, dtype=np.uint32)

    def random63(self) -> int:
        """Draw what ``torch.empty((), dtype=torch.int64).random_()`` gives, the seed of PyTorch's samplers.

        Returns
        -------
        int
            From 0 to 2^63 − 1.
        """
        return int(self.whole((), np.int64))

    def whole(self, shape: Shape, dtype: DTypeLike = np.int64) -> NDArray[Any]:
        """Draw integers from 0 to the largest, as ``torch.empty(shape, dtype=dtype).random_()`` does.

        Parameters
        ----------
        shape : int or sequence of int
        dtype : dtype
            Any of NumPy's integers, bool, or float32 or float64, of which the largest here is 2^24 or 2^53: all
            integers up to there are numbers of it.

        Returns
        -------
        ndarray of `dtype`, shape `shape`
        """
        kind, sizes = np.dtype(dtype), _shape(shape)
        largest, n = _integer_limits(kind)[1], math.prod(sizes)
        drawn = self.words(n) if kind.itemsize < 8 else self._words64(n)
        return (drawn % drawn.dtype.type(largest + 1)).astype(kind).reshape(sizes)

    def uniform(
        self, shape: Shape, low: float = 0.0, high: float = 1.0, dtype: DTypeLike = np.float32
    ) -> NDArray[Any]:
        """Draw uniform numbers, as ``torch.empty(shape).uniform_(low, high)`` and ``torch.rand`` do.

        Parameters
        ----------
        shape : int or sequence of int
        low, high : float
            Numbers are in [low, high), up to rounding.
        dtype : float32 or float64

        Returns
        -------
        ndarray of `dtype`, shape `shape`

        Raises
        ------
        ValueError
            If low > high, or a bound or their difference is not finite in `dtype`.
        NotImplementedError
            If `dtype` is another.
        """
        kind, sizes = _float_dtype("uniform", dtype), _shape(shape)
        greatest = float(np.finfo(kind).max)
        if not (abs(low) <= greatest and abs(high) <= greatest and high - low <= greatest):
            raise ValueError(
                f"uniform expected low, high and high - low finite in {kind}, got low = {low}, high = {high}"
            )
        if low > high:
            raise ValueError(f"uniform expected low <= high, got low = {low}, high = {high}")
        low, high = kind.type(low), kind.type(high)
        result = np.empty(math.prod(sizes), dtype=kind)
        for start in range(0, result.size, BLOCK):
            block = result[start : start + BLOCK]
            block[...] = fma(self._unit(block.size, kind), float(high - low), float(low))
            block[block == high] = low  # PyTorch's way to exclude `high`, which rounding can reach
        return result.reshape(sizes)

    def normal(
        self,
        shape: Shape,
        mean: float = 0.0,
        std: float = 1.0,
        dtype: DTypeLike = np.float32,
        in_blocks: bool = True,
    ) -> NDArray[Any]:
        """Draw normal numbers, as ``torch.empty(shape).normal_(mean, std)`` and ``torch.randn`` do.

        Fewer than 16 numbers come in pairs, of which the generator keeps the second for the next such draw.

        Parameters
        ----------
        shape : int or sequence of int
        mean, std : float
        dtype : float32 or float64
        in_blocks : bool
            Whether 16 numbers or more come in blocks of 16, as in PyTorch for a tensor that is contiguous. If not,
            all come in pairs.

        Returns
        -------
        ndarray of `dtype`, shape `shape`

        Raises
        ------
        ValueError
            If `std` is negative.
        NotImplementedError
            If `dtype` is another.
        """
        if not std >= 0:
            raise ValueError(f"normal expected std >= 0, got {std}")
        kind, sizes = _float_dtype("normal", dtype), _shape(shape)
        n = math.prod(sizes)
        if n < 16 or not in_blocks:
            return fma(self._paired_normals(n), std, mean).astype(kind).reshape(sizes)
        result = np.empty(n, dtype=kind)
        whole = n - n % 16
        unit = self._unit(n, kind)
        result[:whole] = _box_muller.fill(unit[:whole].reshape(-1, 16), mean, std).ravel()
        if n > whole:  # the last 16, which overlap the last whole block, are drawn anew
            result[-16:] = _box_muller.fill(self._unit(16, kind).reshape(1, 16), mean, std).ravel()
        return result.reshape(sizes)

    def integers(
        self, low: SupportsIndex, high: SupportsIndex | None, shape: Shape, dtype: DTypeLike = np.int64
    ) -> NDArray[Any]:
        """Draw integers from `low` to `high` − 1, as ``torch.randint(low, high, shape)`` does.

        Parameters
        ----------
        low, high : int
            With a `high` of None, the last is the largest of `dtype`.
        shape : int or sequence of int
        dtype : dtype
            Any of NumPy's integers, bool, float32 or float64. From a range of 2^28 on, PyTorch takes two words for
            every number.

        Returns
        -------
        ndarray of `dtype`, shape `shape`

        Raises
        ------
        ValueError
            If low >= high, or `dtype` cannot hold them exactly.
        """
        kind, sizes, low = np.dtype(dtype), _shape(shape), operator.index(low)
        least, greatest = _integer_limits(kind)
        high = greatest + 1 if high is None else operator.index(high)
        if low >= high:
            raise ValueError(f"integers expected low < high, got low = {low}, high = {high}")
        if low < least or high - 1 > greatest:
            raise ValueError(
                f"integers expected bounds that {kind} holds, from {least} to {greatest + 1}, "
                f"got low = {low}, high = {high}"
            )
        n, span = math.prod(sizes), high - low
        drawn = self._words64(n) if span >= 2**28 else self.words(n)
        offsets = (drawn % drawn.dtype.type(span)).astype(np.int64)
        return (offsets + low).astype(kind).reshape(sizes)

    def permutation(self, n: int) -> NDArray[np.int64]:
        """Draw a random order of 0 … n − 1, as ``torch.randperm(n)`` does.

        Parameters
        ----------
        n : int
            Less than 2^32 / 20, beyond which PyTorch draws otherwise.

        Returns
        -------
        ndarray of int64, shape (n,)

        Raises
        ------
        ValueError
            If `n` is negative or too large.
        """
        limit = (2**32 - 1) // 20
        if not 0 <= n < limit:
            raise ValueError(f"permutation expected 0 <= n < {limit}, got {n}")
        targets = np.arange(n, dtype=np.int64)
        steps = self.words(max(n - 1, 0)) % np.arange(n, 1, -1, dtype=np.uint32)
        targets[:-1] += steps.astype(np.int64)
        return _swapped(targets)

    def bernoulli(self, shape: Shape, p: float, out: NDArray[np.bool_] | None = None) -> NDArray[np.bool_]:
        """Draw True with probability `p`, as ``torch.empty(shape).bernoulli_(p)`` does.

        Parameters
        ----------
        shape : int or sequence of int
        p : float
            From 0 to 1.
        out : ndarray of bool, shape `shape`, optional
            Where to write the result.

        Returns
        -------
        ndarray of bool, shape `shape`
            `out`, if given. True where u < p, u a multiple of 2⁻⁵³.

        Raises
        ------
        ValueError
            If `p` is not a probability, or `out` has another shape.
        """
        sizes = _shape(shape)
        if not 0 <= p <= 1:
            raise ValueError(f"bernoulli expected p from 0 to 1, got {p}")
        if out is None:
            out = np.empty(sizes, dtype=np.bool_)
        elif out.shape != sizes or out.dtype != np.bool_:
            raise ValueError(f"bernoulli expected out of shape {sizes} and bool, got {out.shape}, {out.dtype}")
        # u < p where the low 53 bits k of a 64-bit draw are below p · 2^53. The first word, which holds their
        # upper 21, nearly always decides.
        bound_high, bound_low = divmod(math.ceil(p * 2.0**53), 2**32)
        drawn = self.words(2 * out.size)
        high = (drawn[0::2] & np.uint32(0x1FFFFF)).reshape(sizes)
        np.less(high, np.uint32(bound_high), out=out)
        tied = high == bound_high
        if tied.any():
            out[tied] = drawn[1::2].reshape(sizes)[tied] < bound_low
        return out

    def exponential(self, shape: Shape, rate: float = 1.0, dtype: DTypeLike = np.float32) -> NDArray[Any]:
        """Draw from the exponential distribution, as ``torch.empty(shape).exponential_(rate)`` does.

        Parameters
        ----------
        shape : int or sequence of int
        rate : float
            λ > 0; the mean is 1 / λ.
        dtype : float32 or float64

        Returns
        -------
        ndarray of `dtype`, shape `shape`

        Raises
        ------
        ValueError
            If `rate` is not positive.
        NotImplementedError
            If `dtype` is another.
        """
        if not rate > 0:
            raise ValueError(f"exponential expected rate > 0, got {rate}")
        kind, sizes = _float_dtype("exponential", dtype), _shape(shape)
        u = self._unit(math.prod(sizes), np.dtype(np.float64))
        return (-1 / rate * _box_muller.libm(math.log1p, -u)).astype(kind).reshape(sizes)

    def _words64(self, n: int) -> NDArray[np.uint64]:
        """Draw n 64-bit words, the high half first."""
        halves = self.words(2 * n).astype(np.uint64)
        return halves[0::2] << np.uint64(32) | halves[1::2]

    def _unit(self, n: int, kind: np.dtype[Any]) -> NDArray[Any]:
        """Draw n multiples of 2^-24 (float32) or 2^-53 (float64) in [0, 1)."""
        if kind == np.float64:
            return (self._words64(n) & np.uint64(2**53 - 1)).astype(np.float64) * 2.0**-53
        return (self.words(n) & np.uint32(2**24 - 1)).astype(np.float32) * np.float32(2.0**-24)

    def _paired_normals(self, n: int) -> NDArray[np.float64]:
        """Draw standard normal numbers two by two; of the last two, the second may be kept for the next draw."""
        kept = [] if self._next_double is None or not n else [self._next_double]
        pairs = (n - len(kept) + 1) // 2
        u = self._unit(2 * pairs, np.dtype(np.float64))
        z = np.concatenate([kept, _box_muller.pairs(u[0::2], u[1::2])])
        if n:
            self._next_double = float(z[n]) if z.size > n else None
        return z[:n]


def _swapped(targets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return 0 … n − 1 after swapping, for i = 0 … n − 1 in turn, the numbers in slots i and targets[i] ≥ i.

    All at once, which is faster than a loop: before step i, slot i changes only in a step k < i with target i
    and then receives what slot k held before step k. The chain of such steps ends at an untouched slot. (A slot
    swapped with itself is no later step's target, so that it does not matter what is said to be held there.)
    """
    n = targets.size
    slots = np.arange(n, dtype=np.int64)
    by_target = np.sort(targets << 32 | slots)
    step, target = by_target & 0xFFFFFFFF, by_target >> 32
    previous = np.full(n, -1)  # of each step: the last one before it with the same target
    previous[step[1:]] = np.where(target[1:] == target[:-1], step[:-1], -1)
    held = slots.copy()  # becomes what slot i holds before step i
    held[target] = step  # of several steps with one target, NumPy keeps the last
    while not np.array_equal(further := held[held], held):
        held = further
    return np.where(previous < 0, targets, held[previous])


def _shape(shape: Shape) -> tuple[int, ...]:
    sizes = shape if isinstance(shape, Sequence) else (shape,)
    return tuple(operator.index(n) for n in sizes)


def _float_dtype(draw: str, dtype: DTypeLike) -> np.dtype[Any]:
    kind = np.dtype(dtype)
    if kind not in (np.float32, np.float64):
        raise NotImplementedError(f"{draw} expected dtype float32 or float64, got {kind}")
    return kind


def _integer_limits(kind: np.dtype[Any]) -> tuple[int, int]:
    """Return the bounds within which a dtype holds every integer, as PyTorch sets them."""
    if kind.kind == "f":
        digits = np.finfo(kind).nmant + 1
        return -(2**digits), 2**digits
    if kind.kind == "b":
        return 0, 1
    limits = np.iinfo(kind)
    return int(limits.min), min(int(limits.max), 2**63 - 1)


default_generator = Generator()
default_generator.seed()


def source_of(generator: Generator | None) -> Generator:
    """Return what draws: a generator, or the default one.

    Parameters
    ----------
    generator : Generator or None

    Returns
    -------
    Generator

    Raises
    ------
    TypeError
        If it is something else, such as PyTorch's.
    """
    if generator is None:
        return default_generator
    if not isinstance(generator, Generator):
        raise TypeError(
            f"generator expected a chainrule.Generator, got {type(generator)}: of one of PyTorch's, take over "
            "the state by Generator().set_state(generator.get_state())"
        )
    return generator


def manual_seed(seed: SupportsInt | str) -> Generator:
    """Seed the default generator.

    Parameters
    ----------
    seed : int
        From −2^63 to 2^64 − 1. What is not an integer is made one, by ``int``.

    Returns
    -------
    Generator
        The default generator.

    Examples
    --------
    >>> manual_seed(42).normal(2)
    array([0.33669037, 0.1288094 ], dtype=float32)
    """
    return default_generator.manual_seed(int(seed))


def seed() -> int:
    """Seed the default generator from the operating system, and return the seed."""
    return default_generator.seed()


def initial_seed() -> int:
    """Return the seed that started the default generator's stream."""
    return default_generator.initial_seed()


def get_rng_state() -> NDArray[np.uint8]:
    """Return the default generator's state, uint8 of shape (5056,), which PyTorch reads too."""
    return default_generator.get_state()


def set_rng_state(state: ArrayLike) -> None:
    """Continue the default generator from a state of `get_rng_state` or ``torch.get_rng_state()``."""
    default_generator.set_state(state)
