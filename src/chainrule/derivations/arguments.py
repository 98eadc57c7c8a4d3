"""What ``explain`` is given: checked, and brought into the form that it is told in."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from numbers import Integral
from typing import Any

from chainrule.derivations.names import Batch
from chainrule.nn import CrossEntropyLoss, Linear, Module, MultiLabelMarginLoss, MultiMarginLoss, NLLLoss
from chainrule.nn import functional as F
from chainrule.optim import Optimizer
from chainrule.tensor import Tensor, as_tensor

# whose targets are numbers of classes
OF_CLASSES = F.cross_entropy, F.nll_loss, F.multi_margin_loss, F.multilabel_margin_loss
OF_CLASSES_TOO = CrossEntropyLoss | NLLLoss | MultiMarginLoss | MultiLabelMarginLoss
FORMS = {"neuron": ("layer", "unit"), "weight": ("layer", "unit", "input")}


def check_arguments(model: Any, y: Any, loss_fn: Any, optimizer: Any) -> None:
    """Refuse what can't be run, before anything is.

    Raises
    ------
    TypeError, ValueError

    Examples
    --------
    >>> check_arguments(Linear(2, 1), [1.0], "mse", None)
    Traceback (most recent call last):
    ...
    TypeError: loss_fn expected a function or a module, as nn.MSELoss(), got 'mse'
    """
    if not isinstance(model, Module):
        raise TypeError(f"model expected an nn.Module{_got(model)}")
    if loss_fn is not None and (isinstance(loss_fn, type) or not callable(loss_fn)):
        hint = ": the optimizer is the argument after it" if isinstance(loss_fn, Optimizer) else ""
        raise TypeError(f"loss_fn expected a function or a module, as nn.MSELoss(){_got(loss_fn)}{hint}")
    if optimizer is not None and not isinstance(optimizer, Optimizer):
        raise TypeError(
            f"optimizer expected one that was made, as optim.SGD(model.parameters(), lr=0.1){_got(optimizer)}"
        )
    if loss_fn is None and (y is not None or optimizer is not None):
        what = "y" if y is not None else "optimizer"
        raise ValueError(f"{what} was given without loss_fn: add loss_fn=nn.MSELoss() or another, or leave it out")
    if loss_fn is not None and y is None and not _takes_output_alone(loss_fn):
        raise ValueError("y is missing: this loss_fn takes the output and a target")
    if optimizer is not None:
        trained = {id(p) for group in optimizer.param_groups for p in group["params"]}
        if not any(id(p) in trained for p in model.parameters()):
            raise ValueError("optimizer has none of the model's parameters: make it with model.parameters()")


def _got(value: Any) -> str:
    """Return what came, for a sentence."""
    if isinstance(value, str):
        return f", got {value!r}"
    return f", got the class {value.__name__}" if isinstance(value, type) else f", got {type(value).__name__}"


def _takes_output_alone(loss_fn: Callable[..., Any]) -> bool:
    """Return whether a loss can be called without a target, as far as can be known."""
    try:
        inspect.signature(loss_fn.forward if isinstance(loss_fn, Module) else loss_fn).bind(None)
    except TypeError:
        return False
    except ValueError:  # it has no signature
        return True
    return True


def focus_of(model: Module, neuron: Any, weight: Any) -> tuple[Any, ...] | None:
    """Return the layer, the unit and maybe the input that are looked at; None if all are.

    Raises
    ------
    TypeError, ValueError

    Examples
    --------
    >>> focus_of(Linear(2, 1), None, (0, 1, 2))
    ('0', 1, 2)
    """
    if neuron is not None and weight is not None:
        raise ValueError("neuron and weight were given: name one of the two")
    name, given = ("neuron", neuron) if weight is None else ("weight", weight)
    if given is None:
        return None
    form = FORMS[name]
    # the names of layers in an nn.Sequential look like numbers
    fits = isinstance(given, tuple | list) and len(given) == len(form) and isinstance(given[0], str | Integral)
    if not fits or not all(_is_number(place) for place in given[1:]):
        layer = next((name for name, module in model.named_modules() if isinstance(module, Linear)), "linear1")
        example = (layer, *(0 for _ in form[1:]))
        raise TypeError(f"{name} expected ({', '.join(form)}), as in {name}={example!r}, got {given!r}")
    return str(given[0]), *map(int, given[1:])


def _is_number(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def as_input(value: Any, dtype: Any, kinds: str) -> Tensor:
    """Return a tensor; numbers of Python, if they are of these kinds, take the dtype of the model."""
    tensor = as_tensor(value)
    if dtype is None or hasattr(value, "__array__") or tensor.dtype.kind not in kinds:
        return tensor
    return as_tensor(value, dtype)


def comparable(target: Tensor | None, output: Any, loss_fn: Any, is_array: bool) -> Tensor | None:
    """Return the target as what an output is compared with.

    A single number takes the shape and dtype of an output of one; whole numbers of Python, which have no dtype of
    their own (``is_array`` is False), that of any output in their shape.

    Examples
    --------
    >>> comparable(tensor([1, 0]), Tensor([0.5, 0.25]), F.mse_loss, is_array=False)
    tensor([1., 0.])
    """
    if target is None or not isinstance(output, Tensor):
        return target
    if loss_fn in OF_CLASSES or isinstance(loss_fn, OF_CLASSES_TOO):
        return target
    y, is_single = target.array, output.array.size == 1 and not target.array.ndim
    if is_single or (not is_array and y.shape == output.array.shape):
        return Tensor(y.reshape(output.shape).astype(output.array.dtype))
    return target


def batch_of(x: Tensor, sample: int) -> Batch:
    """Return the rows of x, and the one that is shown."""
    rows = x.array.shape[0] if x.ndim > 1 else None
    if not _is_number(sample) or not 0 <= sample < (rows or 1):
        raise ValueError(f"sample expected a row of x from 0 to {(rows or 1) - 1}, got {sample!r}")
    return Batch(rows, int(sample))
