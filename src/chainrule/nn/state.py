"""Saving and loading what modules hold, in the steps that PyTorch takes, so that subclasses may change each."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from os import PathLike
from typing import Any, NamedTuple

from chainrule.autograd import no_grad
from chainrule.nn.hooks import RemovableHandle
from chainrule.nn.parameter import Parameter
from chainrule.tensor import Tensor, as_tensor

EXTRA = "_extra_state"  # the name of what get_extra_state() returns


class IncompatibleKeys(NamedTuple):
    """What ``load_state_dict`` returns: names that only one side has."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


class Saved:
    """The part of a module that makes its state dict and loads one."""

    _version = 1  # of the form of the state, which a state dict keeps in its ``_metadata``
    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Any]
    _non_persistent_buffers: set[str]
    _state_hooks: dict[str, OrderedDict[int, Callable[..., Any]]]

    # ---- saving ------------------------------------------------------------------------------------------------

    def state_dict(
        self, *, destination: dict[str, Any] | None = None, prefix: str = "", keep_vars: bool = False
    ) -> dict[str, Any]:
        """Return all parameters and persistent buffers by their dotted names.

        Parameters
        ----------
        destination : dict, optional
            Where to put them.
        prefix : str
            Put before the names.
        keep_vars : bool
            Whether the parameters themselves are returned, not detached tensors of the same memory.

        Returns
        -------
        OrderedDict of str to Tensor

        Examples
        --------
        >>> from chainrule import nn
        >>> list(nn.BatchNorm1d(3).state_dict())
        ['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked']
        """
        state: Any = destination
        if state is None:
            state = OrderedDict()
            state._metadata = OrderedDict()
        metadata = {"version": self._version}
        if hasattr(state, "_metadata"):
            state._metadata[prefix[:-1]] = metadata
        for hook in self._hooks_at("before state_dict"):
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(state, prefix, keep_vars)
        for name, child in self._modules.items():
            if child is not None:
                child.state_dict(destination=state, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        for hook in self._hooks_at("after state_dict"):
            if hook(self, state, prefix, metadata) is not None:
                raise RuntimeError("a hook after state_dict must change the state dict in place and return None")
        return state  # type: ignore[no-any-return]

    def _save_to_state_dict(self, destination: dict[str, Any], prefix: str, keep_vars: bool) -> None:
        """Enter what this module itself holds. A subclass may override it to save in another form."""
        for name, tensor in self._own_state():
            destination[prefix + name] = tensor if keep_vars else tensor.detach()
        if type(self).get_extra_state is not Saved.get_extra_state:
            destination[prefix + EXTRA] = self.get_extra_state()

    def _own_state(self) -> Iterator[tuple[str, Tensor]]:
        """Iterate over the parameters and persistent buffers of this module alone."""
        for name, tensor in (*self._parameters.items(), *self._buffers.items()):
            if tensor is not None and name not in self._non_persistent_buffers:
                yield name, tensor

    def get_extra_state(self) -> Any:
        """Return what the state dict shall have besides tensors. A subclass that overrides it has that saved."""
        raise NotImplementedError(f"{type(self).__name__} has no extra state: define get_extra_state()")

    def set_extra_state(self, state: Any) -> None:
        """Take over what ``get_extra_state`` returned when the state was saved."""
        raise NotImplementedError(f"{type(self).__name__} has no extra state: define set_extra_state()")

    # ---- loading -----------------------------------------------------------------------------------------------

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> IncompatibleKeys:
        """Copy values into parameters and buffers, which keep their memory.

        Parameters
        ----------
        state_dict : dict of str to Tensor or array_like
            Tensors of chainrule or PyTorch, or arrays, by the names of ``state_dict()``.
        strict : bool
            Whether the names must be the same.
        assign : bool
            Whether the given tensors take the place of parameters and buffers, with their memory and dtype. An
            optimiser made before still has the old ones.

        Returns
        -------
        IncompatibleKeys
            ``missing_keys`` and ``unexpected_keys``.

        Raises
        ------
        RuntimeError
            If names (with ``strict``) or shapes differ; it lists all that do. What can be loaded is loaded before.
        TypeError
            If ``state_dict`` is not a mapping.
        """
        if not isinstance(state_dict, Mapping):
            mend = f": load({str(state_dict)!r}) reads a file" if isinstance(state_dict, str | PathLike) else ""
            mend = ": pass its state_dict()" if hasattr(state_dict, "state_dict") else mend
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict).__name__}{mend}")
        keys, errors = IncompatibleKeys([], []), list[str]()
        self._load_all(OrderedDict(state_dict), "", getattr(state_dict, "_metadata", {}), assign, keys, errors)
        if strict:
            names = {"Missing": keys.missing_keys, "Unexpected": keys.unexpected_keys}
            errors[:0] = [f"{what} key(s) in state_dict: {_quoted(of)}. " for what, of in names.items() if of]
        if errors:
            listed = "\n\t".join(errors)
            raise RuntimeError(f"Error(s) in loading state_dict for {type(self).__name__}:\n\t{listed}")
        return keys

    def _load_all(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        metadata: Mapping[str, Any],
        assign: bool,
        keys: IncompatibleKeys,
        errors: list[str],
    ) -> None:
        """Load this module and all below it; ``state_dict`` has what begins with ``prefix``."""
        own = {**metadata.get(prefix[:-1], {}), **({"assign_to_params_buffers": True} if assign else {})}
        self._load_from_state_dict(state_dict, prefix, own, True, *keys, errors)
        for name, child in self._modules.items():
            if child is not None:
                path = f"{prefix}{name}."
                part = OrderedDict((k, v) for k, v in state_dict.items() if k.startswith(path))
                child._load_all(part, path, metadata, assign, keys, errors)
        for hook in self._hooks_at("after load_state_dict"):
            if hook(self, keys) is not None:
                raise AssertionError("a hook after load_state_dict must change the keys in place and return None")

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Load what this module itself holds. A subclass may override it to read another form."""
        for hook in self._hooks_at("before load_state_dict"):
            hook(self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
        own: dict[str, Any] = dict(self._own_state())
        has_extra = type(self).set_extra_state is not Saved.set_extra_state
        for name, tensor in own.items():
            key = prefix + name
            if key in state_dict:
                error = self._load_one(name, tensor, key, state_dict[key], local_metadata)
                error_msgs += [] if error is None else [error]
            elif strict:
                missing_keys.append(key)
        if has_extra and prefix + EXTRA in state_dict:
            self.set_extra_state(state_dict[prefix + EXTRA])
        elif has_extra and strict:
            missing_keys.append(prefix + EXTRA)
        if strict:
            known = {*own, EXTRA} if has_extra else {*own}
            for key in state_dict:
                name, dot, _ = key.removeprefix(prefix).partition(".")
                if key.startswith(prefix) and name not in (self._modules if dot else known):
                    unexpected_keys.append(key)

    def _load_one(self, name: str, tensor: Tensor, key: str, value: Any, metadata: dict[str, Any]) -> str | None:
        """Copy or assign one value, or return what is wrong with it."""
        if not hasattr(value, "__array__"):
            kind = type(value).__name__
            return f'While copying the parameter named "{key}", expected a tensor or an array, got {kind}.'
        if not isinstance(value, Tensor) and hasattr(value, "detach"):  # of PyTorch
            value = value.detach()
        given = as_tensor(value)
        if tensor.shape == () and given.shape == (1,):  # as they were saved long ago
            given = given[0]
        if given.shape != tensor.shape:
            return (
                f"size mismatch for {key}: copying a param with shape {given.shape} from checkpoint, "
                f"the shape in current model is {tensor.shape}."
            )
        try:
            if metadata.get("assign_to_params_buffers"):
                self._assign(name, tensor, given)
            else:
                with no_grad():
                    tensor.copy_(given)
        except Exception as error:
            return f'While copying the parameter named "{key}" of shape {given.shape}: {error}'
        return None

    def _assign(self, name: str, tensor: Tensor, given: Tensor) -> None:
        if isinstance(tensor, Parameter) and isinstance(given, Parameter):
            given.requires_grad_(tensor.requires_grad)
        elif isinstance(tensor, Parameter):
            given = Parameter(given, tensor.requires_grad)
        setattr(self, name, given)

    # ---- hooks -------------------------------------------------------------------------------------------------

    def _hooks_at(self, when: str) -> list[Callable[..., Any]]:
        return list(self._state_hooks[when].values()) if when in self._state_hooks else []

    def _add_hook(self, when: str, hook: Callable[..., Any]) -> RemovableHandle:
        return RemovableHandle(self._state_hooks.setdefault(when, OrderedDict()), hook)

    def register_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Have ``hook(module, prefix, keep_vars)`` called at the beginning of ``state_dict``.

        Parameters
        ----------
        hook : callable

        Returns
        -------
        RemovableHandle
        """
        return self._add_hook("before state_dict", hook)

    def register_state_dict_post_hook(self, hook: Callable[..., None]) -> RemovableHandle:
        """Have ``hook(module, state_dict, prefix, local_metadata)`` called at the end of ``state_dict``.

        Parameters
        ----------
        hook : callable
            May change the state dict in place, and returns None.

        Returns
        -------
        RemovableHandle

        Examples
        --------
        >>> from chainrule import nn
        >>> layer = nn.Linear(1, 1)
        >>> handle = layer.register_state_dict_post_hook(lambda module, state, *_: state.update(version=3))
        >>> list(layer.state_dict())
        ['weight', 'bias', 'version']
        """
        return self._add_hook("after state_dict", hook)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Have a hook called before this module loads its own part of a state dict.

        Parameters
        ----------
        hook : callable
            Takes ``(module, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys,
            error_msgs)`` and may change all but the first in place. The state dict is a copy.

        Returns
        -------
        RemovableHandle
        """
        return self._add_hook("before load_state_dict", hook)

    def register_load_state_dict_post_hook(self, hook: Callable[..., None]) -> RemovableHandle:
        """Have ``hook(module, incompatible_keys)`` called when this module and those below it are loaded.

        Parameters
        ----------
        hook : callable
            May change the two lists of names in place, and returns None.

        Returns
        -------
        RemovableHandle
        """
        return self._add_hook("after load_state_dict", hook)


def _quoted(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
