"""LBFGS."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from chainrule.autograd import enable_grad, refuse_capture
from chainrule.ops import Array
from chainrule.optim.line_search import Point, strong_wolfe
from chainrule.optim.optimizer import Group, Optimizer, check_lr
from chainrule.tensor import Tensor


class LBFGS(Optimizer, replays=False):
    """L-BFGS: steps along the gradient times an estimate of the inverse Hessian, made of the last steps.

    With the steps sᵢ = tᵢ dᵢ and the changes yᵢ of the gradient that they made, H is found from γ I by
    H ← (I − ρ s yᵀ) H (I − ρ y sᵀ) + ρ s sᵀ, where ρ = 1 / yᵀs, one pair after the other, and d = −H g.

    One call of ``step`` makes several such iterations, on all parameters together. It can't be captured.

    Parameters
    ----------
    params : iterable of Tensor or dict
        One group only.
    lr : float
        How far to go along d, or where the line search begins. The very first step goes no further than ``lr`` in
        the sum of magnitudes.
    max_iter : int
        How many iterations a step makes at most.
    max_eval : int, optional
        How many times a step evaluates the loss at most, about. If None, ``max_iter * 5 // 4``.
    tolerance_grad : float
        The step ends when no element of the gradient is larger.
    tolerance_change : float
        The step ends when no parameter, or the loss, changes by more.
    history_size : int
        How many pairs are kept.
    line_search_fn : {"strong_wolfe"}, optional
        Whether to search along d.

    References
    ----------
    .. [1] J. Nocedal, S. Wright, "Numerical optimization", 2nd edition, algorithms 7.4 and 7.5.

    Examples
    --------
    >>> from chainrule.tensor import Tensor
    >>> w = Tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = LBFGS([w], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = (w * w * Tensor([1.0, 8.0])).sum()
    ...     loss.backward()
    ...     return loss
    >>> optimizer.step(closure)
    tensor(33., grad_fn=<SumBackward>)
    >>> bool(abs(w).max() < 1e-4)
    True
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        check_lr(lr)
        options = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        super().__init__(params, options)
        if len(self.param_groups) != 1:
            raise ValueError(f"LBFGS expected one parameter group, got {len(self.param_groups)}")

    def step(self, closure: Callable[[], Any]) -> Any:  # type: ignore[override]
        """Make up to ``max_iter`` iterations.

        Parameters
        ----------
        closure : callable
            Clears the gradients, computes the loss, calls ``backward()`` and returns the loss.

        Returns
        -------
        Tensor
            What the closure returned the first time.

        Raises
        ------
        RuntimeError
            If ``line_search_fn`` is unknown.
        """
        refuse_capture("takes a step of LBFGS, which looks at values", "take the step outside of it")
        (group,) = self.param_groups
        if group["line_search_fn"] not in (None, "strong_wolfe"):
            raise RuntimeError(f"line_search_fn must be 'strong_wolfe' or None, got {group['line_search_fn']!r}")
        closure = enable_grad()(closure)
        first = closure()
        with np.errstate(all="ignore"):
            self._iterate(group, closure, float(first))
        return first

    def _iterate(self, group: Group, closure: Callable[[], Any], loss: float) -> None:
        lr, limit, tolerance = float(group["lr"]), group["max_eval"], group["tolerance_change"]
        entry = self.state[group["params"][0]]  # all is kept with the first parameter, as in PyTorch
        entry.setdefault("func_evals", 0)
        entry.setdefault("n_iter", 0)
        entry["func_evals"] += 1
        g = self._gradient()
        if np.abs(g).max() <= group["tolerance_grad"]:
            return
        memory = _Memory(entry, group["history_size"])
        evaluated = 1
        for iteration in range(1, group["max_iter"] + 1):
            entry["n_iter"] += 1
            d = memory.direction(g, first=entry["n_iter"] == 1)
            t = lr * min(1.0, 1.0 / np.abs(g).sum()) if entry["n_iter"] == 1 else lr
            memory.d, memory.t, memory.g, memory.loss = d, t, g, loss
            slope = g @ d
            if slope > -tolerance:
                break
            before, tried = loss, 0
            if group["line_search_fn"] is not None:
                point, tried = strong_wolfe(
                    self._line(closure, d), Point(0, loss, g, slope), t, np.abs(d).max(), 1e-9, limit - evaluated
                )
                memory.t, loss, g = point.t, point.loss, point.grad
                self._move(memory.t, d)
            else:
                self._move(t, d)
                if iteration < group["max_iter"]:  # the loss after the last move is not needed
                    loss, g, tried = float(closure()), self._gradient(), 1
            evaluated += tried
            entry["func_evals"] += tried
            if (
                evaluated >= limit
                or np.abs(g).max() <= group["tolerance_grad"]
                or np.abs(d * memory.t).max() <= tolerance
                or abs(loss - before) < tolerance
            ):
                break
        memory.save(entry)

    def _gradient(self) -> Array:
        """Return the gradients of all parameters, one after the other."""
        params = self.param_groups[0]["params"]
        return np.concatenate(
            [np.zeros(p.numel(), p.dtype) if p._grad is None else p._grad.array.ravel() for p in params]
        )

    def _move(self, t: Any, d: Array) -> None:
        """Add t d to the parameters."""
        start = 0
        for p in self.param_groups[0]["params"]:
            p.array += t * d[start : start + p.numel()].reshape(p.array.shape)
            p._touch()
            start += p.numel()

    def _line(self, closure: Callable[[], Any], d: Array) -> Callable[[Any], Point]:
        """Return what evaluates the loss along d, and leaves the parameters where they are."""
        params = self.param_groups[0]["params"]
        here = [p.array.copy() for p in params]

        def at(t: Any) -> Point:
            self._move(t, d)
            loss, g = float(closure()), self._gradient()
            for p, values in zip(params, here, strict=True):
                np.copyto(p.array, values)
                p._touch()
            return Point(t, loss, g, g @ d)

        return at


class _Memory:
    """The last steps and changes of the gradient, under PyTorch's names in the state."""

    def __init__(self, entry: dict[str, Any], size: int) -> None:
        self.size = size
        self.d, self.t, self.g = (_array(entry.get(name)) for name in ("d", "t", "prev_flat_grad"))
        self.changes, self.steps, self.ro = (
            [_array(v) for v in entry.get(name) or []] for name in ("old_dirs", "old_stps", "ro")
        )
        self.scale, self.loss = _array(entry.get("H_diag", 1)), entry.get("prev_loss")
        self.alphas: list[Any] | None = None

    def save(self, entry: dict[str, Any]) -> None:
        """Enter all into the state."""
        lists = {"old_dirs": self.changes, "old_stps": self.steps, "ro": self.ro}
        entry |= {"d": _tensor(self.d), "t": _tensor(self.t)}
        entry |= {name: [_tensor(v) for v in values] for name, values in lists.items()}
        entry |= {"H_diag": _tensor(self.scale), "prev_flat_grad": _tensor(self.g), "prev_loss": self.loss}
        if self.alphas is not None:
            entry["al"] = [_tensor(a) for a in self.alphas] + [None] * (self.size - len(self.alphas))

    def direction(self, g: Array, first: bool) -> Array:
        """Remember the last step, and return d = −H g."""
        if first:
            self.changes, self.steps, self.ro, self.scale = [], [], [], 1
            return -g
        self._remember(g - self.g, self.d * self.t)
        pairs = list(zip(self.changes, self.steps, self.ro, strict=True))
        alphas = self.alphas = [0.0] * len(pairs)
        q = -g
        for i, (y, s, ro) in reversed(list(enumerate(pairs))):
            alphas[i] = (s @ q) * ro
            q -= alphas[i] * y
        q *= self.scale
        for alpha, (y, s, ro) in zip(alphas, pairs, strict=True):
            q += (alpha - (y @ q) * ro) * s
        return q

    def _remember(self, y: Array, s: Array) -> None:
        product = y @ s
        if not product > 1e-10:  # H would not stay positive
            return
        if len(self.steps) == self.size:
            for values in (self.changes, self.steps, self.ro):
                values.pop(0)
        self.changes.append(y)
        self.steps.append(s)
        self.ro.append(1.0 / product)
        self.scale = product / (y @ y)


def _array(value: Any) -> Any:
    return value.array[()] if isinstance(value, Tensor) else value


def _tensor(value: Any) -> Any:
    return Tensor(np.asarray(value)) if isinstance(value, np.ndarray | np.generic) else value
