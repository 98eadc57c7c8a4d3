"""Looking for the operation whose derivative is not a number."""

from __future__ import annotations

from chainrule.autograd import mode as current


class set_detect_anomaly:
    """Look for NaN in backward passes, or no more: at once, and, in ``with``, until the end of the block.

    Meanwhile a backward pass raises RuntimeError at the first operation that gives a gradient with NaN in it, and
    names it; captured steps run as they are written. (PyTorch also warns of where the operation was called.)

    Parameters
    ----------
    mode : bool
    check_nan : bool
        Whether to look at gradients. If not, nothing else is done.

    Examples
    --------
    >>> import chainrule as cr
    >>> x = cr.tensor([0.0], requires_grad=True)
    >>> with set_detect_anomaly(True):
    ...     (x.sqrt() * 0).sum().backward()
    Traceback (most recent call last):
    ...
    RuntimeError: the derivative of Sqrt gave NaN in the gradient of its input 0, of shape (1,)
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self._before = current.anomaly
        current.anomaly = mode and check_nan

    def __enter__(self) -> None:
        """Nothing is left to do: the constructor switched already."""

    def __exit__(self, *exception: object) -> None:
        current.anomaly = self._before


class detect_anomaly:
    """Look for NaN in the backward passes of a block, as :class:`set_detect_anomaly` does.

    Parameters
    ----------
    check_nan : bool
        Whether to look at gradients. If not, nothing else is done.

    Examples
    --------
    >>> import chainrule as cr
    >>> x = cr.tensor([0.0], requires_grad=True)
    >>> with detect_anomaly():
    ...     x.exp().sum().backward()
    >>> x.grad
    tensor([1.])
    """

    def __init__(self, check_nan: bool = True) -> None:
        self._check_nan = check_nan

    def __enter__(self) -> None:
        self._switched = set_detect_anomaly(True, self._check_nan)

    def __exit__(self, *exception: object) -> None:
        self._switched.__exit__()
