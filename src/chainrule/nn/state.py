"""Loading values into tensors that keep their memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from chainrule.autograd import no_grad
from chainrule.tensor import Tensor, as_tensor


class IncompatibleKeys(NamedTuple):
    """What ``load_state_dict`` returns: names that only one side has."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


def load(owner: str, own: Mapping[str, Tensor], given: Mapping[str, Any], strict: bool) -> IncompatibleKeys:
    """Copy given values into the tensors of the same names, in place.

    Parameters
    ----------
    owner : str
        Named in the error.
    own : mapping of str to Tensor
    given : mapping of str to Tensor or array
        Of chainrule, NumPy or PyTorch.
    strict : bool
        Whether both must have the same names.

    Returns
    -------
    IncompatibleKeys

    Raises
    ------
    RuntimeError
        If names (with ``strict``) or shapes differ. All that can be loaded is loaded before, as in PyTorch.

    Examples
    --------
    >>> x = Tensor([0.0])
    >>> load("Example", {"x": x}, {"x": Tensor([2.0])}, strict=True)
    <All keys matched successfully>
    >>> x
    tensor([2.])
    """
    missing = [name for name in own if name not in given]
    unexpected = [name for name in given if name not in own]
    errors = []
    if strict and missing:
        errors.append(f"Missing key(s) in state_dict: {_quoted(missing)}. ")
    if strict and unexpected:
        errors.append(f"Unexpected key(s) in state_dict: {_quoted(unexpected)}. ")
    for name, tensor in own.items():
        error = _copy(name, tensor, given[name]) if name in given else None
        if error is not None:
            errors.append(error)
    if errors:
        listed = "\n\t".join(errors)
        raise RuntimeError(f"Error(s) in loading state_dict for {owner}:\n\t{listed}")
    return IncompatibleKeys(missing, unexpected)


def _copy(name: str, tensor: Tensor, value: Any) -> str | None:
    """Copy ``value`` into ``tensor``, or return what is wrong with it."""
    source = value.detach() if hasattr(value, "detach") else value
    if not hasattr(source, "__array__"):
        kind = type(value).__name__
        return f'While copying the parameter named "{name}", expected a tensor or an array, got {kind}.'
    source = as_tensor(source)
    if source.shape != tensor.shape:
        return (
            f"size mismatch for {name}: copying a param with shape {source.shape} from checkpoint, "
            f"the shape in current model is {tensor.shape}."
        )
    with no_grad():
        tensor.copy_(source)
    return None


def _quoted(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
