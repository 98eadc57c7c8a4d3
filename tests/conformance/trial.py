"""A case is a name of PyTorch's; a trial is one thing that it is made to do, in both libraries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from tests.conformance.draws import Draw
from tests.conformance.library import Library, array


@dataclass(frozen=True)
class Within:
    """How far results may differ from PyTorch's, in units in the last place.

    ``of`` says what the unit is taken at: "value", the result itself; "size", the result or what the trial says
    in ``sizes``, if that is larger; "terms", one of these or what cancels in the result (see ``compare``).
    """

    units: float
    of: str = "value"


EXACT = Within(0)


@dataclass
class Trial:
    """One run of a name.

    ``run(lib)`` returns, for every kind ("forward", "backward", ...), the arrays that it leads to. What is under
    "exact" must be equal to the bit. ``options`` are what the name was given besides its inputs, and
    ``inputs`` the inputs, for the account of what was covered.
    """

    run: Callable[[Library], dict[str, list[np.ndarray]]]
    inputs: Sequence[np.ndarray] = ()
    options: dict = field(default_factory=dict)
    sizes: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """A name of PyTorch's.

    Parameters
    ----------
    name : str
        As it is reached from both libraries' top, "nn.GELU".
    section : str
        Of the page.
    draw : callable
        From a ``Draw`` to a ``Trial``.
    bounds : dict
        Of every kind of result, ``Within``.
    refused : dict
        Arguments of PyTorch's that we refuse, and a value of each that must raise an error.
    narrower : dict
        What we refuse and PyTorch takes, and a part of the error.
    note : str
        What a reader must know: why a bound is wide, what is not compared.
    dtypes : sequence of str
    indices : bool
        Whether the first input holds positions; otherwise integers there are computed with in float32.
    """

    name: str
    section: str
    draw: Callable[[Draw], Trial]
    bounds: dict[str, Within]
    refused: dict = field(default_factory=dict)
    narrower: dict = field(default_factory=dict)
    note: str = ""
    dtypes: Sequence[str] = ("float32", "float64")
    indices: bool = False

    def of(self, lib):
        """Return what the name stands for in a library."""
        found = lib.root
        for part in self.name.split("."):
            found = getattr(found, part)
        return found


def results(lib, inputs, outputs, parameters=(), seed=0):
    """Collect outputs and, after a backward pass from random numbers through the first one, all gradients."""
    outputs = list(outputs) if isinstance(outputs, tuple | list) else [outputs]
    found = {"forward": [array(y) for y in outputs], "backward": []}
    first = outputs[0]
    if first.requires_grad:
        first.backward(lib.tensor(gradient(seed, first.shape).astype(found["forward"][0].dtype)))
        found["backward"] = [array(t.grad) for t in [*inputs, *parameters] if t.grad is not None]
    return found


def gradient(seed, shape):
    """Return the gradient that backward passes start from: random numbers that both dtypes can hold."""
    return np.asarray(np.random.default_rng(seed).standard_normal(tuple(shape)), dtype=np.float32)


def of_function(function, inputs, options, *, needs=None, seed=0, sizes=None):
    """Make a trial of a function: tensors first, then options by name.

    ``needs`` says which inputs get a gradient, by default all that can.
    """

    def run(lib):
        wanted = needs or [True] * len(inputs)
        tensors = [lib.tensor(x, n) for x, n in zip(inputs, wanted, strict=True)]
        given = {k: lib.given(v) for k, v in options.items()}
        passed = [t.contiguous() * 1 for t in tensors] if options.get("inplace") else tensors
        lib.manual_seed(seed)
        y = function(lib)(*passed, **given)
        # what an in-place form left in its input; and that both drew as many random numbers
        extra = [array(passed[0])] if options.get("inplace") else []
        found = results(lib, tensors, y, seed=seed)
        return found | {"forward": found["forward"] + extra, "exact": [array(lib.root.rand(1))]}

    return Trial(run, inputs, options, sizes or {})


def of_module(make, inputs, options, *, modes=(True,), needs=None, seed=0, sizes=None, steps=0):
    """Make a trial of a module: built from a seed, given other parameters, run in each of the modes.

    What ``repr`` shows, the names in its state and the first parameters must be equal. ``modes`` are the values of
    ``training``, one after another on the same module. With ``steps``, the module is trained for as many steps
    of gradient descent with momentum afterwards.
    """

    def run(lib):
        lib.manual_seed(seed)
        module = make(lib)(**{k: lib.given(v) for k, v in options.items()})
        shown = np.array([repr(module), *module.state_dict()])
        start = [shown, *(array(t) for t in module.state_dict().values())]
        _other_values(lib, module, seed)
        found = {"exact": start, "forward": [], "backward": [], "trained": []}
        for training in modes:
            module.train(training)
            module.zero_grad()
            wanted = needs or [True] * len(inputs)
            tensors = [lib.tensor(x, n) for x, n in zip(inputs, wanted, strict=True)]
            passed = [t.contiguous() * 1 for t in tensors] if options.get("inplace") else tensors
            after = results(lib, tensors, module(*passed), list(module.parameters()), seed)
            found = {k: found[k] + after.get(k, []) for k in found}
        found["forward"] += [array(b) for b in module.buffers()]
        found["exact"].append(array(lib.root.rand(1)))
        if steps and any(p.requires_grad for p in module.parameters()):
            found["trained"] = _trained(lib, module.train(), inputs, steps)
        return found

    return Trial(run, inputs, options, sizes or {})


def _other_values(lib, module, seed):
    """Replace parameters and running values by random ones, the same in both; variances are positive."""
    rng, state, parameters = np.random.default_rng(seed), {}, dict(module.named_parameters())
    for name, old in module.state_dict().items():
        values = array(old)
        if values.dtype.kind == "f" and (name in parameters or "running" in name):
            drawn = rng.standard_normal(values.shape).astype(np.float32)
            values = np.asarray(np.abs(drawn) + 0.5 if "var" in name else drawn).astype(values.dtype)
        state[name] = lib.tensor(values)
    if lib.exact:
        module.double()
    module.load_state_dict(state)


def _trained(lib, module, inputs, steps):
    optimizer = lib.optim.SGD(module.parameters(), lr=0.01, momentum=0.9)
    for _ in range(steps):
        optimizer.zero_grad()
        y = module(*(lib.tensor(x) for x in inputs))
        (y * y).mean().backward()
        optimizer.step()
    return [array(t) for t in module.state_dict().values()]
