"""``Module``: what every layer and network is."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from types import MethodType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from chainrule import autograd, dtypes
from chainrule.autograd import refuse_capture, replayed, structure_changed
from chainrule.device import device as Device
from chainrule.later import missing
from chainrule.nn.hooks import BackwardHook, ForwardHook, RemovableHandle
from chainrule.nn.parameter import Buffer, Parameter
from chainrule.nn.state import Saved
from chainrule.tensor import Tensor

if TYPE_CHECKING:
    from chainrule.nn.backward_hooks import BackwardCall
    from chainrule.nn.summary import Summary

T = TypeVar("T")

# Methods of PyTorch's modules, of which an error tells more.
_NOT_COVERED = frozenset(
    ("bfloat16", "compile", "cuda", "half", "ipu", "register_backward_hook", "share_memory", "to_empty", "xpu")
)


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


class Module(Saved):
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

    _modules: dict[str, Module | None]
    _forward_hooks: OrderedDict[int, ForwardHook]
    _forward_pre_hooks: OrderedDict[int, ForwardHook]
    _backward_hooks: OrderedDict[int, BackwardHook]

    def __init__(self) -> None:
        if autograd.mode.tape is not None:
            autograd.mode.tape.made_module(self)
        self.__dict__.update(
            training=True,
            _parameters={},
            _buffers={},
            _modules={},
            _non_persistent_buffers=set(),
            _forward_hooks=OrderedDict(),
            _forward_pre_hooks=OrderedDict(),
            _backward_hooks=OrderedDict(),
            _state_hooks={},
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
        if self._forward_hooks or self._forward_pre_hooks or self._backward_hooks:
            refuse_capture("calls the hooks of a module", "remove the hooks, or do without capture")
            return self._call_with_hooks(args, kwargs)
        return self.forward(*args, **kwargs)

    def _call_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        called: list[ForwardHook] = []
        output = None
        try:
            args, kwargs = self._changed_arguments(args, kwargs)
            gates = self._gates()
            args = args if gates is None else gates.enter(args)
            output = self.forward(*args, **kwargs)
            for hook in tuple(self._forward_hooks.values()):
                called.append(hook)
                output = _call(hook, self, args, kwargs, output)
            output = output if gates is None else gates.leave(output)
        except Exception:
            for hook in tuple(self._forward_hooks.values()):
                if hook.always_call and hook not in called:
                    try:
                        output = _call(hook, self, args, kwargs, output)
                    except Exception as error:
                        warnings.warn(f"a hook failed after the call had failed: {error!r}", stacklevel=4)
            raise
        return output

    def _gates(self) -> BackwardCall | None:
        """Return what calls the backward hooks of one call, if there are any."""
        if not self._backward_hooks:
            return None
        from chainrule.nn.backward_hooks import BackwardCall

        return BackwardCall(self, self._backward_hooks.values())

    def _changed_arguments(self, args: Any, kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments of ``forward`` as the hooks before it leave them."""
        for hook in tuple(self._forward_pre_hooks.values()):
            changed = hook.function(self, args, kwargs) if hook.with_kwargs else hook.function(self, args)
            if changed is None:
                continue
            if not hook.with_kwargs:
                args = changed if isinstance(changed, tuple) else (changed,)
            elif isinstance(changed, tuple) and len(changed) == 2:
                args, kwargs = changed
            else:
                raise RuntimeError(f"a hook with_kwargs must return None or (args, kwargs), got {changed}")
        return args, kwargs

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Have ``hook(module, args)`` called before every ``forward``; what it returns replaces the arguments.

        Parameters
        ----------
        hook : callable
        prepend : bool
            Whether it comes before those that are there.
        with_kwargs : bool
            Whether it is ``hook(module, args, kwargs)``, and returns None or a pair that replaces both.

        Returns
        -------
        RemovableHandle
        """
        return RemovableHandle(self._forward_pre_hooks, ForwardHook(hook, with_kwargs), prepend)

    def register_forward_hook(
        self,
        hook: Callable[..., Any],
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> RemovableHandle:
        """Have ``hook(module, args, output)`` called after every ``forward``; what it returns replaces the output.

        Parameters
        ----------
        hook : callable
        prepend : bool
            Whether it comes before those that are there.
        with_kwargs : bool
            Whether it is ``hook(module, args, kwargs, output)``.
        always_call : bool
            Whether it is called even if the call fails, then with the output there is, or None.

        Returns
        -------
        RemovableHandle

        Examples
        --------
        >>> from chainrule import nn
        >>> layer = nn.ReLU()
        >>> with layer.register_forward_hook(lambda module, args, output: print(output.shape)):
        ...     _ = layer([[1.0, 2.0]])
        chainrule.Size([1, 2])
        """
        return RemovableHandle(self._forward_hooks, ForwardHook(hook, with_kwargs, always_call), prepend)

    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Have ``hook(module, grad_output)`` called when the gradients of the outputs of a call are known.

        Parameters
        ----------
        hook : callable
            Is given a tuple, and may return another in its place.
        prepend : bool
            Whether it comes before those that are there.

        Returns
        -------
        RemovableHandle
        """
        return RemovableHandle(self._backward_hooks, BackwardHook(hook, before=True), prepend)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Have ``hook(module, grad_input, grad_output)`` called when the gradients of a call's inputs are known.

        They are tuples: of the positional arguments, None for what has no gradient, and of the outputs. If no
        input requires a gradient, the hook is called when those of the outputs are known.

        Parameters
        ----------
        hook : callable
            May return a tuple in the place of ``grad_input``.
        prepend : bool
            Whether it comes before those that are there.

        Returns
        -------
        RemovableHandle

        Examples
        --------
        >>> from chainrule import nn
        >>> layer = nn.ReLU()
        >>> handle = layer.register_full_backward_hook(lambda module, grad_input, grad_output: print(grad_input))
        >>> x = Tensor([-1.0, 2.0], requires_grad=True)
        >>> layer(x).sum().backward()
        (tensor([0., 1.]),)
        """
        return RemovableHandle(self._backward_hooks, BackwardHook(hook, before=False), prepend)

    # ---- registration ------------------------------------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        own = self.__dict__
        for kind in ("_parameters", "_buffers", "_modules"):
            if kind in own and name in own[kind]:
                return own[kind][name]
        what = f"{type(self).__name__!r} object"
        if name in _NOT_COVERED:
            raise missing(what, __name__, name)
        raise AttributeError(f"{what} has no attribute {name!r}")

    def __dir__(self) -> list[str]:
        kinds = (self.__dict__.get(kind, {}) for kind in ("_parameters", "_buffers", "_modules"))
        return [*super().__dir__(), *(name for names in kinds for name in names if name.isidentifier())]

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
        elif isinstance(value, Buffer):
            self._check_initialised("buffer")
            self._check_replaceable(name, value, self._parameters, "parameter", "Parameter")
            self._forget(name, keep=self._buffers)
            self.register_buffer(name, value, value.persistent)
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
            raise TypeError(f"{type(self).__name__} is made of modules, got {_described(module)}")
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

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        """Iterate over this module and all below it, each once, or as often as it is used."""
        return (module for _, module in self.named_modules(remove_duplicate=remove_duplicate))

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

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Put a module in the place of a dotted name.

        Parameters
        ----------
        target : str
        module : Module
        strict : bool
            Whether there must be a module of that name already.

        Raises
        ------
        ValueError
            If the name is empty, or ``module`` is not a Module.
        AttributeError
            If there is no module to hold it, or something else has the name.

        Examples
        --------
        >>> from chainrule import nn
        >>> network = nn.Sequential(nn.Linear(1, 1), nn.ReLU())
        >>> network.set_submodule("1", nn.Tanh())
        >>> network[1]
        Tanh()
        """
        if target == "":
            raise ValueError("set_submodule expected the name of a module below this one, got an empty one")
        if not isinstance(module, Module):
            raise ValueError(f"set_submodule expected a Module, got {type(module).__name__}")
        path, _, name = target.rpartition(".")
        holder = self.get_submodule(path)
        if strict or hasattr(holder, name):
            holder.get_submodule(name)
        setattr(holder, name, module)

    def get_parameter(self, target: str) -> Parameter:
        """Return the parameter of a dotted name, or raise an AttributeError."""
        return self._get_member(target, Parameter)

    def get_buffer(self, target: str) -> Tensor | None:
        """Return the buffer of a dotted name, or raise an AttributeError."""
        path, _, name = target.rpartition(".")
        buffers = self.get_submodule(path)._buffers
        if name not in buffers:
            raise AttributeError(f"`{name}` is not a buffer")
        return buffers[name]

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
            elif isinstance(argument, bool):  # non_blocking
                continue
            elif isinstance(argument, str | int | Device) or argument is None:
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
        input_data : Tensor, ndarray, list or dict
            Instead of that: the argument itself, a list of several, or a dictionary of them by keyword; what a
            model takes as a dictionary stands in a list.

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


def _call(hook: ForwardHook, module: Module, args: Any, kwargs: Any, output: Any) -> Any:
    """Call a hook after ``forward``, and return the output as it leaves it."""
    given = (args, kwargs, output) if hook.with_kwargs else (args, output)
    changed = hook.function(module, *given)
    return output if changed is None else changed


def _dotted(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def _indented(text: str) -> str:
    return text.replace("\n", "\n  ")


def _described(given: Any) -> str:
    """Say what was given for a module, and what to write."""
    if isinstance(given, type):
        return f"the class {given.__name__}: write {given.__name__}()"
    if isinstance(given, list | tuple):
        return f"a {type(given).__name__}: unpack it with *, or put it into nn.ModuleList"
    if callable(given) and hasattr(given, "__name__"):
        return f"the function {given.__name__}: write a Module whose forward() calls it"
    return type(given).__name__
