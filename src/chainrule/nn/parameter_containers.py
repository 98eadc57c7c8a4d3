"""Modules that hold parameters, in an order or by their names."""

from __future__ import annotations

import operator
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

from chainrule.nn.module import Module
from chainrule.nn.parameter import Parameter
from chainrule.tensor import Tensor


def _parameter(value: Any) -> Any:
    """Return a tensor as a parameter, and anything else as it is."""
    return Parameter(value) if isinstance(value, Tensor) and not isinstance(value, Parameter) else value


def _shown(items: Iterable[tuple[Any, Any]]) -> str:
    """Return what ``repr`` shows, as PyTorch does."""
    lines = []
    for name, value in items:
        if isinstance(value, Tensor):
            size = "x".join(map(str, value.shape))
            lines.append(f"  ({name}): Parameter containing: [{value.dtype} of size {size}]")
        else:
            lines.append(f"  ({name}): Object of type: {type(value).__name__}")
    return "\n".join(lines)


class ParameterList(Module):
    """Parameters in an order, as a list holds them; tensors become parameters.

    Parameters
    ----------
    values : iterable, optional

    Examples
    --------
    >>> from chainrule import ones
    >>> weights = ParameterList([ones(2, 3), ones(3)])
    >>> weights
    ParameterList(
        (0): Parameter containing: [float32 of size 2x3]
        (1): Parameter containing: [float32 of size 3]
    )
    >>> list(weights.state_dict())
    ['0', '1']
    """

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self._size = 0
        if values is not None:
            self.extend(values)

    def _name_at(self, index: Any) -> str:
        place = operator.index(index)
        if not -len(self) <= place < len(self):
            raise IndexError(f"index {place} is out of range for {len(self)} parameters")
        return str(place % len(self))

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)(self[i] for i in range(*index.indices(len(self))))
        return getattr(self, self._name_at(index))

    def __setitem__(self, index: int, value: Any) -> None:
        setattr(self, self._name_at(index), _parameter(value))

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def append(self, value: Any) -> Self:
        """Add a parameter at the end."""
        name, self._size = str(self._size), self._size + 1
        setattr(self, name, _parameter(value))
        return self

    def extend(self, values: Iterable[Any]) -> Self:
        """Add parameters at the end."""
        if isinstance(values, Tensor) or not isinstance(values, Iterable):
            raise TypeError(f"ParameterList.extend expected several parameters, got {type(values).__name__}")
        for value in values:
            self.append(value)
        return self

    __iadd__ = extend

    def extra_repr(self) -> str:  # noqa: D102
        return _shown(enumerate(self))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Raise: it computes nothing."""
        raise RuntimeError("a ParameterList is not called: compute with its parameters")


class ParameterDict(Module):
    """Parameters by their names, as a dict holds them; tensors become parameters.

    Parameters
    ----------
    parameters : mapping, or iterable of (str, Tensor), optional
        The names of a plain dict are sorted, as PyTorch does.

    Examples
    --------
    >>> from chainrule import ones
    >>> ParameterDict({"weight": ones(2, 3), "bias": ones(3)})
    ParameterDict(
        (bias): Parameter containing: [float32 of size 3]
        (weight): Parameter containing: [float32 of size 2x3]
    )
    """

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self._keys: dict[str, None] = {}
        if parameters is not None:
            self.update(parameters)

    def __getitem__(self, key: str) -> Any:
        return getattr(self, self._checked(key))

    def __setitem__(self, key: str, value: Any) -> None:
        if self._checked(key) not in self._keys:
            self._check_name("parameter", key, {})
        self._keys[key] = None
        setattr(self, key, _parameter(value))

    def __delitem__(self, key: str) -> None:
        del self._keys[key]
        delattr(self, key)

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __reversed__(self) -> Iterator[str]:
        return reversed(self._keys)

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def _checked(self, key: Any) -> str:
        if not isinstance(key, str):
            raise TypeError(f"ParameterDict expected a string as key, got {type(key).__name__}")
        return key

    def keys(self) -> Iterable[str]:
        """Return the names."""
        return self._keys.keys()

    def values(self) -> Iterable[Any]:
        """Return the parameters."""
        return [self[key] for key in self]

    def items(self) -> Iterable[tuple[str, Any]]:
        """Return the pairs of name and parameter."""
        return [(key, self[key]) for key in self]

    def get(self, key: str, default: Any = None) -> Any:
        """Return a parameter, or what is given if there is none of that name."""
        return getattr(self, key) if key in self else default

    def setdefault(self, key: str, default: Any = None) -> Any:
        """Return a parameter, after adding the one that is given if there is none of that name."""
        if key not in self:
            self[key] = default
        return self[key]

    def pop(self, key: str) -> Any:
        """Take away a parameter and return it."""
        value = self[key]
        del self[key]
        return value

    def popitem(self) -> tuple[str, Any]:
        """Take away the last name with its parameter, and return both."""
        key, _ = self._keys.copy().popitem()
        return key, self.pop(key)

    def clear(self) -> None:
        """Take away all parameters."""
        for key in list(self):
            del self[key]

    def copy(self) -> ParameterDict:
        """Return another dict of the same parameters."""
        return ParameterDict(OrderedDict(self.items()))

    def fromkeys(self, keys: Iterable[str], default: Any = None) -> ParameterDict:
        """Return another dict, with one value for all of the names."""
        return ParameterDict(OrderedDict((key, default) for key in keys))

    def update(self, parameters: Any) -> None:
        """Add parameters, replacing those of the same names.

        Parameters
        ----------
        parameters : mapping, or iterable of (str, Tensor)

        Raises
        ------
        TypeError, ValueError
            If it is neither.
        """
        if not isinstance(parameters, Iterable):
            raise TypeError(f"ParameterDict.update expected a dict or pairs, got {type(parameters).__name__}")
        if isinstance(parameters, OrderedDict | ParameterDict):
            pairs = list(parameters.items())
        else:
            pairs = sorted(parameters.items()) if isinstance(parameters, Mapping) else list(parameters)
        for i, pair in enumerate(pairs):
            if not isinstance(pair, Iterable):
                raise TypeError(f"ParameterDict.update expected pairs, got {type(pair).__name__} at position {i}")
            if len(list(pair)) != 2:
                raise ValueError(
                    f"ParameterDict.update expected pairs, got {len(list(pair))} parts at position {i}"
                )
            key, value = pair
            self[key] = value

    def __or__(self, other: Any) -> ParameterDict:
        result = self.copy()
        result.update(other)
        return result

    def __ror__(self, other: Any) -> ParameterDict:
        result = ParameterDict(other)
        result.update(self)
        return result

    def __ior__(self, other: Any) -> Self:
        self.update(other)
        return self

    def extra_repr(self) -> str:  # noqa: D102
        return _shown(self.items())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Raise: it computes nothing."""
        raise RuntimeError("a ParameterDict is not called: compute with its parameters")
