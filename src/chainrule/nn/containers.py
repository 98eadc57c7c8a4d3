"""Modules that hold modules."""

from __future__ import annotations

import operator
from collections import OrderedDict
from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from typing import Any, Self

from chainrule.autograd import structure_changed
from chainrule.nn.module import Module, _indented


class _Numbered(Module):
    """What ``Sequential`` and ``ModuleList`` share: children in an order, reached by their place in it."""

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules.values())

    def _name_at(self, index: Any) -> str:
        place = operator.index(index)
        if not -len(self) <= place < len(self):
            raise IndexError(f"index {place} is out of range for {len(self)} modules")
        return list(self._modules)[place]

    def _hold(self, modules: Iterable[Any]) -> None:
        """Hold exactly these children, named by their places."""
        held = list(modules)
        self._modules.clear()
        for i, module in enumerate(held):
            self.add_module(str(i), module)

    def _shift_in(self, index: int, module: Module) -> None:
        """Put a module at a place, and move those from there on one further."""
        names = [str(i) for i in range(len(self))]
        if index < 0 or (index < len(self) and list(self._modules) != names):
            raise KeyError(f"insert at {index} expected children named {names}, got {[*self._modules]}")
        later = [self._modules.pop(name) for name in names[index:]]
        for i, held in enumerate([module, *later], index):
            self.add_module(str(i), held)

    def __setitem__(self, index: int, module: Module) -> None:
        self.add_module(self._name_at(index), module)

    def __delitem__(self, index: int | slice) -> None:
        names = list(self._modules)
        for name in names[index] if isinstance(index, slice) else [self._name_at(index)]:
            del self._modules[name]
        structure_changed()
        self._hold(list(self._modules.values()))

    def append(self, module: Module) -> Self:
        """Add a module at the end.

        Parameters
        ----------
        module : Module

        Returns
        -------
        Module
            This one.
        """
        self.add_module(str(len(self)), module)
        return self

    def _check_iterable(self, modules: Any) -> None:
        if not isinstance(modules, Iterable):
            raise TypeError(f"{type(self).__name__}.extend expected an iterable, got {type(modules).__name__}")

    def extend(self, modules: Iterable[Module]) -> Self:
        """Add modules at the end.

        Parameters
        ----------
        modules : iterable of Module

        Returns
        -------
        Module
            This one.
        """
        self._check_iterable(modules)
        for module in modules:
            self.append(module)
        return self


class Sequential(_Numbered):
    """Modules, each called on the output of the one before.

    Parameters
    ----------
    *args : Module, or one OrderedDict of str to Module

    Examples
    --------
    >>> from chainrule import nn
    >>> network = Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    >>> network([[1.0, 2.0]]).shape
    chainrule.Size([1, 1])
    >>> network[:2]
    Sequential(
      (0): Linear(in_features=2, out_features=3, bias=True)
      (1): ReLU()
    )
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], OrderedDict):
            for name, module in args[0].items():
                self.add_module(name, module)
        else:
            self._hold(args)

    def forward(self, input: Any) -> Any:
        """Call the modules in order."""
        for module in self._modules.values():
            input = module(input)  # type: ignore[misc]
        return input

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)(OrderedDict(list(self._modules.items())[index]))
        return self._modules[self._name_at(index)]

    def __add__(self, other: Sequential) -> Sequential:
        if not isinstance(other, Sequential):
            raise ValueError(f"only a Sequential can be added to a Sequential, got {type(other).__name__}")
        return Sequential(*self, *other)

    def __iadd__(self, other: Sequential) -> Self:
        if not isinstance(other, Sequential):
            raise ValueError(f"only a Sequential can be added to a Sequential, got {type(other).__name__}")
        return self.extend(other)

    def _times(self, times: Any) -> list[Module]:
        """Return the modules several times, each time the same ones."""
        if not isinstance(times, int):
            raise TypeError(f"a Sequential can be repeated a whole number of times, got {type(times).__name__}")
        if times < 1:
            raise ValueError(f"a Sequential can be repeated once or more, got {times}")
        return [*self] * times

    def __mul__(self, times: int) -> Sequential:
        return Sequential(*self._times(times))

    __rmul__ = __mul__

    def __imul__(self, times: int) -> Self:
        return self.extend(self._times(times)[len(self) :])

    def pop(self, key: int | slice) -> Any:
        """Take away a module and return it."""
        module = self[key]
        del self[key]
        return module

    def insert(self, index: int, module: Module) -> Self:
        """Put a module before the place ``index``.

        Parameters
        ----------
        index : int
        module : Module

        Returns
        -------
        Sequential
            This one.
        """
        if not isinstance(module, Module):
            raise AssertionError(f"module should be of type: {Module}, got {type(module).__name__}")
        if not -len(self) <= index <= len(self):
            raise IndexError(f"index {index} is out of range for {len(self)} modules")
        self._shift_in(index % len(self) if index < 0 else index, module)
        return self


class ModuleList(_Numbered):
    """A list of modules, which are registered. It has no ``forward``.

    Parameters
    ----------
    modules : iterable of Module, optional

    Examples
    --------
    >>> from chainrule import nn
    >>> ModuleList(nn.Linear(3, 3) for _ in range(3))
    ModuleList(
      (0-2): 3 x Linear(in_features=3, out_features=3, bias=True)
    )
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.extend(modules)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)(list(self)[index])
        return self._modules[self._name_at(index)]

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList([*self, *other])

    def __iadd__(self, modules: Iterable[Module]) -> Self:
        return self.extend(modules)

    def insert(self, index: int, module: Module) -> None:
        """Put a module before the place ``index``.

        Parameters
        ----------
        index : int
            From 0 on.
        module : Module
        """
        if not isinstance(module, Module | None):
            raise TypeError(f"ModuleList.insert expected a Module, got {type(module).__name__}")
        self._shift_in(index, module)

    def pop(self, key: int | slice) -> Any:
        """Take away a module and return it."""
        module = self[key]
        del self[key]
        return module

    def _child_lines(self) -> list[str]:
        """Show neighbours that print alike once, with how many they are."""
        runs: list[tuple[int, int, str]] = []  # first place, last place, text
        for i, child in enumerate(self):
            text = repr(child)
            if runs and runs[-1][2] == text:
                runs[-1] = (runs[-1][0], i, text)
            else:
                runs.append((i, i, text))
        return [
            f"({first}): {_indented(text)}"
            if first == last
            else f"({first}-{last}): {last - first + 1} x {_indented(text)}"
            for first, last, text in runs
        ]


class ModuleDict(Module):
    """Modules by name, which are registered. It has no ``forward``.

    Parameters
    ----------
    modules : dict or iterable of pairs, optional

    Examples
    --------
    >>> from chainrule import nn
    >>> choices = ModuleDict({"relu": nn.ReLU(), "tanh": nn.Tanh()})
    >>> choices["tanh"], "elu" in choices
    (Tanh(), False)
    """

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key: str) -> Any:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]
        structure_changed()

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: str) -> bool:
        return key in self._modules

    def clear(self) -> None:
        """Take away all modules."""
        self._modules.clear()
        structure_changed()

    def pop(self, key: str) -> Any:
        """Take away a module and return it."""
        structure_changed()
        return self._modules.pop(key)

    def keys(self) -> KeysView[str]:
        """Return the names."""
        return self._modules.keys()

    def items(self) -> ItemsView[str, Any]:
        """Return the pairs of name and module."""
        return self._modules.items()

    def values(self) -> ValuesView[Any]:
        """Return the modules."""
        return self._modules.values()

    def update(self, modules: Any) -> None:
        """Add modules, replacing those of the same names.

        Parameters
        ----------
        modules : dict, ModuleDict or iterable of pairs

        Raises
        ------
        TypeError
            If it is not iterable.
        """
        if not isinstance(modules, Iterable):
            raise TypeError(f"ModuleDict.update expected a dict or pairs, got {type(modules).__name__}")
        pairs = modules.items() if isinstance(modules, Mapping | ModuleDict) else modules
        for name, module in pairs:
            self[name] = module
