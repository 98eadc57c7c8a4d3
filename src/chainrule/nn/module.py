"""``Module``: what every layer and network is."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from types import MethodType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from chainrule import autograd, dtypes
from chainrule.autograd import refuse_capture, replayed, structure_changed
from chainrule.device import device as Device
from chainrule.nn.hooks import RemovableHandle
from chainrule.nn.parameter import Parameter
from chainrule.nn.state import IncompatibleKeys, load
from chainrule.tensor import Tensor

if TYPE_CHECKING:
    from chainrule.nn.summary import Summary

T = TypeVar("T")


class Addition:
    """A method that PyTorch's modules don't have: a part of a network may have its name, and is found first."""

    def __init__(self, method: Callable[..., Any]) -> None:
        self.method, self.__doc__ = method, method.__doc__

    def __get__(self, module: Module | None, owner: type[Module]) -> Callable[..., Any]:
        if module is None:
            return self.method
        try:
            return Module.__getattr__(module, self.method.__name__)  # type: ignore[no-any-return]
        except AttributeError:
            return MethodType(self.method, module)


class Module:
    """Base class of all layers and networks.

    A subclass calls ``super().__init__()`` and assigns parameters and modules as attributes, by which they are
    registered, and defines ``forward``. Calling the module calls ``forward``.

    Attributes
    ----------
    training : bool
        Whether the module is in training mode, on which dropout and batch normalisation depend.

    Examples
    --------
    >>> from chainrule import nn
    >>> class Network(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.layer = nn.Linear(2, 1)
    ...
    ...     def forward(self, x):
    ...         return self.layer(x)
    >>> Network()
    Network(
      (layer): Linear(in_features=2, out_features=1, bias=True)
    )
    """

    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Module | None]
    _non_persistent_buffers: set[str]
    _forward_hooks: dict[int, Callable[..., Any]]
    _forward_pre_hooks: dict[int, Callable[..., Any]]

    def __init__(self) -> None:
        if autograd.mode.tape is not None:
            autograd.mode.tape.made_module(self)
        self.__dict__.update(
            training=True,
            _parameters={},
            _buffers={},
            _modules={},
            _non_persistent_buffers=set(),
            _forward_hooks={},
            _forward_pre_hooks={},
        )

    @property
    def training(self) -> bool:
        """Whether the module is in training mode."""
        if autograd.mode.tape is not None:  # a captured step that depends on it is recorded for each mode
            autograd.mode.tape.depend_on_mode(self)
        try:
            return self.__dict__["training"]  # type: ignore[no-any-return]
        except KeyError:
            raise AttributeError(
                "training is known after Module.__init__(): call super().__init__() first"
            ) from None

    @training.setter
    def training(self, value: bool) -> None:
        if autograd.mode.tape is not None:
            autograd.mode.tape.changes_module(self, "sets the mode")
        self.__dict__["training"] = value

    # ---- calling -----------------------------------------------------------------------------------------------

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output. Every subclass defines it."""
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output, between the hooks."""
        if self._forward_hooks or self._forward_pre_hooks:
            refuse_capture("calls the hooks of a module", "remove the hooks, or do without capture")
            return self._call_with_hooks(args, kwargs)
        return self.forward(*args, **kwargs)

    def _call_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        for pre_hook in tuple(self._forward_pre_hooks.values()):
            changed = pre_hook(self, args)
            if changed is not None:
                args = changed if isinstance(changed, tuple) else (changed,)
        output = self.forward(*args, **kwargs)
        for hook in tuple(self._forward_hooks.values()):
            changed = hook(self, args, output)
            output = output if changed is None else changed
        return output

    def register_forward_pre_hook(self, hook: Callable[[Module, Any], Any]) -> RemovableHandle:
        """Have ``hook(module, args)`` called before every ``forward``; what it returns replaces the arguments.

        Parameters
        ----------
        hook : callable

        Returns
        -------
        RemovableHandle
        """
        return RemovableHandle(self._forward_pre_hooks, hook)

    def register_forward_hook(self, hook: Callable[[Module, Any, Any], Any]) -> RemovableHandle:
        """Have ``hook(module, args, output)`` called after every ``forward``; what it returns replaces the output.

        Parameters
        ----------
        hook : callable

        Returns
        -------
        RemovableHandle

        Examples
        --------
        >>> from chainrule import nn
        >>> layer = nn.ReLU()
        >>> handle = layer.register_forward_hook(lambda module, args, output: print(output.shape))
        >>> _ = layer([[1.0, 2.0]])
        chainrule.Size([1, 2])
        >>> handle.remove()
        """
        return RemovableHandle(self._forward_hooks, hook)

    # ---- registration ------------------------------------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        own = self.__dict__
        for kind in ("_parameters", "_buffers", "_modules"):
            if kind in own and name in own[kind]:
                return own[kind][name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __setattr__(self, name: str, value: Any) -> None:
        if name != "training":
            self._announce(name)
        if isinstance(value, Parameter):
            self._check_initialised("parameters")
            self._forget(name, keep=self._parameters)
            self.register_parameter(name, value)
        elif isinstance(value, Module):
            self._check_initialised("module")
            self._check_replaceable(name, value, self._parameters, "parameter", "Parameter")
            self._forget(name, keep=self._modules)
            self._modules[name] = value
        elif name in (parameters := self.__dict__.get("_parameters", {})):
            self._check_replaceable(name, value, parameters, "parameter", "Parameter")
            parameters[name] = None
        elif name in (modules := self.__dict__.get("_modules", {})):
            self._check_replaceable(name, value, modules, "child module", "Module")
            modules[name] = None
        elif name in (buffers := self.__dict__.get("_buffers", {})):
            if not isinstance(value, Tensor):
                self._check_replaceable(name, value, buffers, "buffer", "Tensor")
            buffers[name] = value
        else:
            object.__setattr__(self, name, value)

    def _announce(self, name: str) -> None:
        """Let captured steps know that an attribute is about to be set or deleted."""
        if autograd.mode.tape is not None:
            autograd.mode.tape.changes_module(self, f"sets the attribute {name}")
        own = self.__dict__
        if name in own or any(name in own.get(kind, ()) for kind in ("_parameters", "_buffers", "_modules")):
            structure_changed()

    def __delattr__(self, name: str) -> None:
        self._announce(name)
        for registered in (self._parameters, self._buffers, self._modules):
            if name in registered:
                del registered[name]
                self._non_persistent_buffers.discard(name)
                return
        object.__delattr__(self, name)

    def _check_initialised(self, what: str) -> None:
        if "_parameters" not in self.__dict__:
            raise AttributeError(
                f"cannot assign {what} before Module.__init__() call: begin __init__ with super().__init__()"
            )

    def _check_replaceable(
        self, name: str, value: Any, registered: Mapping[str, Any], what: str, expected: str
    ) -> None:
        if name in registered and value is not None:
            raise TypeError(
                f"cannot assign '{type(value).__name__}' as {what} '{name}': {expected} or None expected"
            )

    def _forget(self, name: str, keep: Mapping[str, Any]) -> None:
        """Take a name away from everything but ``keep``, because it is about to be registered there."""
        for registered in (self.__dict__, self._parameters, self._buffers, self._modules):
            if registered is not keep and name in registered:
                del registered[name]
        self._non_persistent_buffers.discard(name)

    def _check_name(self, kind: str, name: str, registered: Mapping[str, Any]) -> None:
        self._check_initialised(kind)
        if not isinstance(name, str):
            raise TypeError(f"{kind} name expected to be a string, got {type(name).__name__}")
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain ".", got "{name}"')
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')
        is_addition = getattr(getattr(self, name, None), "__func__", None) is Module.summary
        if hasattr(self, name) and name not in registered and not is_addition:
            raise KeyError(f"attribute '{name}' already exists")

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter; None is a parameter that the module could have and does not.

        Parameters
        ----------
        name : str
        param : Parameter or None

        Raises
        ------
        KeyError
            If the name is taken, empty, or has a dot in it.
        TypeError
            If ``param`` is neither a Parameter nor None.
        """
        self._check_name("parameter", name, self._parameters)
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{type(param).__name__}' object to parameter '{name}': Parameter or None expected"
            )
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that belongs to the module and is not learnt, the running mean of a batch norm for one.

        Parameters
        ----------
        name : str
        tensor : Tensor or None
        persistent : bool
            Whether it is part of ``state_dict()``.

        Raises
        ------
        KeyError
            If the name is taken, empty, or has a dot in it.
        TypeError
            If ``tensor`` is neither a Tensor nor None.
        """
        self._check_name("buffer", name, self._buffers)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{type(tensor).__name__}' object to buffer '{name}': Tensor or None expected"
            )
        self._buffers[name] = tensor
        self._non_persistent_buffers.discard(name)
        if not persistent:
            self._non_persistent_buffers.add(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a child.

        Parameters
        ----------
        name : str
        module : Module or None

        Raises
        ------
        KeyError
            If the name is taken, empty, or has a dot in it.
        TypeError
            If ``module`` is neither a Module nor None.
        """
        if not isinstance(module, Module) and module is not None:
            raise TypeError(f"{type(module).__name__} is not a Module subclass")
        self._check_name("module", name, self._modules)
        self._modules[name] = module
        structure_changed()

    register_module = add_module

    # ---- looking around ----------------------------------------------------------------------------------------

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """Iterate over this module and all below it, with their dotted names.

        Parameters
        ----------
        memo : set of Module, optional
            Modules to leave out.
        prefix : str
            Put before the names.
        remove_duplicate : bool
            Whether a module used twice comes once.

        Yields
        ------
        tuple of str and Module
        """
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, child in self._modules.items():
            if child is not None:
                yield from child.named_modules(memo, _dotted(prefix, name), remove_duplicate)

    def modules(self) -> Iterator[Module]:
        """Iterate over this module and all below it, each once."""
        return (module for _, module in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Iterate over the direct children with their names, each once."""
        seen = set()
        for name, child in self._modules.items():
            if child is not None and child not in seen:
                seen.add(child)
                yield name, child

    def children(self) -> Iterator[Module]:
        """Iterate over the direct children, each once."""
        return (child for _, child in self.named_children())

    def _named_members(
        self, kind: str, prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Any]]:
        seen = set()
        modules = self.named_modules(None, prefix, remove_duplicate) if recurse else iter([(prefix, self)])
        for path, module in modules:
            for name, member in getattr(module, kind).items():
                if member is None or member in seen:
                    continue
                if remove_duplicate:
                    seen.add(member)
                yield _dotted(path, name), member

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Iterate over the parameters with their dotted names; a shared one comes once.

        Parameters
        ----------
        prefix : str
            Put before the names.
        recurse : bool
            Whether those of the modules below are included.
        remove_duplicate : bool
            Whether a shared parameter comes once.

        Yields
        ------
        tuple of str and Parameter

        Examples
        --------
        >>> from chainrule import nn
        >>> [name for name, _ in nn.Sequential(nn.Linear(2, 3), nn.ReLU()).named_parameters()]
        ['0.weight', '0.bias']
        """
        return self._named_members("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Iterate over the parameters, each once."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Iterate over the buffers with their dotted names; the arguments are those of ``named_parameters``."""
        return self._named_members("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Iterate over the buffers, each once."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def get_submodule(self, target: str) -> Module:
        """Return the module of a dotted name; the empty name is this module's.

        Parameters
        ----------
        target : str

        Returns
        -------
        Module

        Raises
        ------
        AttributeError
            If there is none.
        """
        module: Any = self
        for name in target.split(".") if target else ():
            if not hasattr(module, name):
                raise AttributeError(f"{type(module).__name__} has no attribute `{name}`")
            module = getattr(module, name)
            if not isinstance(module, Module):
                raise AttributeError(f"`{name}` of `{target}` is not a Module")
        return module  # type: ignore[no-any-return]

    def get_parameter(self, target: str) -> Parameter:
        """Return the parameter of a dotted name, or raise an AttributeError."""
        return self._get_member(target, Parameter)

    def get_buffer(self, target: str) -> Tensor:
        """Return the buffer of a dotted name, or raise an AttributeError."""
        path, _, name = target.rpartition(".")
        if name not in self.get_submodule(path)._buffers:
            raise AttributeError(f"`{name}` is not a buffer")
        return self._get_member(target, Tensor)

    def _get_member(self, target: str, kind: type[T]) -> T:
        path, _, name = target.rpartition(".")
        member = getattr(self.get_submodule(path), name)
        if not isinstance(member, kind):
            raise AttributeError(f"`{name}` is not a {kind.__name__}")
        return member

    # ---- changing everything at once ---------------------------------------------------------------------------

    def train(self, mode: bool = True) -> Self:
        """Set this module and all below it to training mode, or, with False, to evaluation mode.

        Parameters
        ----------
        mode : bool

        Returns
        -------
        Module
            This one.

        Raises
        ------
        ValueError
            If ``mode`` is not a bool.
        """
        if not isinstance(mode, bool):
            raise ValueError(f"training mode is expected to be boolean, got {mode!r}")
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Set this module and all below it to evaluation mode."""
        return self.train(False)

    def apply(self, fn: Callable[[Module], Any]) -> Self:
        """Call ``fn`` on all modules below this one, children first, and on this one, to initialise them for one.

        Parameters
        ----------
        fn : callable

        Returns
        -------
        Module
            This one.
        """
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Set whether the parameters require gradients."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    @replayed
    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clear the gradients of all parameters.

        Parameters
        ----------
        set_to_none : bool
            Whether they become None; otherwise they are filled with zeros.
        """
        for parameter in self.parameters():
            if set_to_none:
                parameter.clear_grad()
            elif parameter._grad is not None:
                parameter._grad.array.fill(0)

    def to(self, *args: Any, dtype: Any = None, device: Any = None, non_blocking: bool = False) -> Self:
        """Change the dtype of parameters and floating-point buffers, in place; "cpu" is the only device.

        Parameters
        ----------
        *args : dtype, device or Tensor
            A tensor stands for its dtype.
        dtype : dtype, optional
            float32 or float64.
        device : optional
            Must be the CPU.
        non_blocking : bool
            Has no effect on a CPU.

        Returns
        -------
        Module
            This one.

        Raises
        ------
        TypeError
            If the dtype is not a floating-point one.
        RuntimeError
            If the device is another.

        Examples
        --------
        >>> from chainrule import nn
        >>> nn.Linear(2, 2).to("cpu", dtypes.float64).weight.dtype
        dtype('float64')
        """
        for argument in args:
            if isinstance(argument, Tensor):
                dtype = argument.dtype
            elif isinstance(argument, str | Device) or argument is None:
                device = argument
            else:
                dtype = argument
        if device is not None:
            Device(device)
        if dtype is None:
            return self
        target = dtypes.as_dtype(dtype)
        if target.kind != "f":
            raise TypeError(f"Module.to expected a floating-point dtype, got {target}: use float32 or float64")
        for tensor in (*self.parameters(), *self.buffers()):
            if tensor.is_floating_point() and tensor.dtype != target:
                tensor.data = Tensor(tensor.array.astype(target))
                if tensor._grad is not None:
                    tensor._grad = Tensor(tensor._grad.array.astype(target))
        return self

    def float(self) -> Self:
        """Change parameters and floating-point buffers to float32."""
        return self.to(dtypes.float32)

    def double(self) -> Self:
        """Change parameters and floating-point buffers to float64."""
        return self.to(dtypes.float64)

    def cpu(self) -> Self:
        """Return this module."""
        return self

    # ---- saving and loading ------------------------------------------------------------------------------------

    def _state(self, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
        """Iterate over what the state dict names: a shared parameter under each of its names."""
        for name, parameter in self._parameters.items():
            if parameter is not None:
                yield prefix + name, parameter
        for name, buffer in self._buffers.items():
            if buffer is not None and name not in self._non_persistent_buffers:
                yield prefix + name, buffer
        for name, child in self._modules.items():
            if child is not None:
                yield from child._state(f"{prefix}{name}.")

    def state_dict(
        self, *, destination: dict[str, Any] | None = None, prefix: str = "", keep_vars: bool = False
    ) -> dict[str, Tensor]:
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
        state: dict[str, Any] = OrderedDict() if destination is None else destination
        for name, tensor in self._state(prefix):
            state[name] = tensor if keep_vars else tensor.detach()
        return state

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
            Must be False: values are copied.

        Returns
        -------
        IncompatibleKeys
            ``missing_keys`` and ``unexpected_keys``.

        Raises
        ------
        RuntimeError
            If names (with ``strict``) or shapes differ; it lists all that do.
        TypeError
            If ``state_dict`` is not a mapping.
        """
        if assign:
            raise NotImplementedError(
                "load_state_dict(assign=True) is not covered: values are copied, and optimisers keep their tensors"
            )
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict).__name__}")
        return load(type(self).__name__, dict(self._state()), state_dict, strict)

    # ---- printing ----------------------------------------------------------------------------------------------

    @Addition
    def summary(self, input_size: Any = None, *, input_data: Any = None) -> Summary:
        """Return a table of the modules: output shapes, parameters and multiply-adds.

        The model is run once, in evaluation mode and without gradients. Modes, buffers and the default generator
        are the same afterwards.

        Parameters
        ----------
        input_size : tuple of int, or list of tuple
            The shape of a batch, or the shapes of several arguments; it is run with ones of the parameters' dtype.
        input_data : Tensor, ndarray, or list of them
            Instead of that: the arguments themselves.

        Returns
        -------
        Summary
            Prints as the table, with torchinfo's headings. The parameters of a row are its own, without those of
            the modules below, so that the column adds up. Multiply-adds are those of the matrix products of
            ``Linear`` and ``Bilinear``; what works element by element, and products outside of these layers, are
            not counted.

        Raises
        ------
        ValueError
            If not exactly one of the arguments is given, or a shape is none.
        RuntimeError
            If the model does not take that.
        """
        from chainrule.nn.summary import summarize

        return summarize(self, input_size, input_data)

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """Return what ``repr`` shows of the options. Subclasses override it."""
        return ""

    def _child_lines(self) -> list[str]:
        return [f"({name}): {_indented(repr(child))}" for name, child in self._modules.items()]

    def __repr__(self) -> str:
        options, children = self.extra_repr(), self._child_lines()
        if not children and "\n" not in options:
            return f"{self._get_name()}({options})"
        lines = [*(options.split("\n") if options else []), *children]
        return "\n  ".join([f"{self._get_name()}(", *lines]) + "\n)"


def _dotted(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def _indented(text: str) -> str:
    return text.replace("\n", "\n  ")
