"""Gradients of several tensors, with respect to some only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.autograd import refuse_capture
from chainrule.autograd.walk import Wanted, walk_back
from chainrule.ops.operation import Array, Operation
from chainrule.tensor import Tensor, tensor_given


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Any = None,
    inputs: Any = None,
) -> None:
    """Add the derivatives of tensors to ``grad`` of every leaf that they were made from.

    Parameters
    ----------
    tensors : Tensor or sequence of Tensor
    grad_tensors : Tensor or sequence of Tensor or None, optional
        Of each tensor, the vector of the vector-Jacobian product; None for a tensor of one element.
    retain_graph : bool
        Whether it can be done again.
    create_graph : bool
        Second derivatives, which are not covered: must be False.
    grad_variables : optional
        An old name of ``grad_tensors``.
    inputs : Tensor or sequence of Tensor, optional
        Add to the ``grad`` of these tensors only, which need not be leaves.

    Raises
    ------
    RuntimeError
        If a tensor requires no gradient, has several elements and no vector, or the graph was freed; or if
        ``inputs`` is empty.

    Examples
    --------
    >>> import chainrule as cr
    >>> x = cr.tensor([1.0, 2.0], requires_grad=True)
    >>> backward([(x * 2).sum(), x * 3], [None, cr.tensor([1.0, 0.0])])
    >>> x.grad
    tensor([5., 2.])
    """
    _refuse_second_derivatives("backward", create_graph)
    if grad_tensors is not None and grad_variables is not None:
        raise RuntimeError("grad_variables is an old name of grad_tensors: give one of them")
    outputs = _listed("tensors", tensors)
    vectors = _vectors("backward", outputs, grad_variables if grad_tensors is None else grad_tensors)
    if len(outputs) == 1 and inputs is None:
        outputs[0].backward(vectors[0], retain_graph)
        return
    refuse_capture(
        "calls backward() of several tensors, or for some", "add the tensors up, and use Tensor.backward()"
    )
    if inputs is None:
        _walk("backward", outputs, vectors, retain_graph)
        return
    wanted = _listed("inputs", inputs)
    if not wanted:
        raise RuntimeError("backward() expected inputs to name at least one tensor, got none")
    for x in wanted:
        if not x.is_leaf:
            x.retain_grad()
    grads = _walk("backward", outputs, vectors, retain_graph, wanted)
    for leaf in {x for x in wanted if x.is_leaf}:
        if leaf in grads:
            leaf.accumulate_grad(grads[leaf])
            if leaf._hooks is not None:
                leaf._hooks.tell(leaf)


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> Any:
    """Return the gradients of some tensors with respect to others, and leave ``grad`` of all leaves alone.

    Parameters
    ----------
    outputs : Tensor or sequence of Tensor
        What is differentiated; of several, the sum.
    inputs : Tensor, sequence of Tensor, or dict of Tensor
        With respect to which; leaves or not.
    grad_outputs : Tensor or sequence of Tensor or None, optional
        Of each output, the vector of the vector-Jacobian product; None for a tensor of one element.
    retain_graph : bool
        Whether it can be done again.
    create_graph : bool
        Second derivatives, which are not covered: must be False.
    only_inputs : bool
        Must be True.
    allow_unused : bool, optional
        Whether an input that the outputs do not depend on is allowed. Default: ``materialize_grads``.
    is_grads_batched : bool
        Not covered: must be False.
    materialize_grads : bool
        Whether the gradient of such an input is zeros, not None.

    Returns
    -------
    tuple of Tensor, or dict of Tensor
        In the order, or under the names, of the inputs.

    Raises
    ------
    RuntimeError
        If an output requires no gradient, has several elements and no vector, or the graph was freed; if an input
        requires no gradient, or is not used.

    Examples
    --------
    >>> import chainrule as cr
    >>> x = cr.tensor([1.0, 2.0], requires_grad=True)
    >>> h = x * x
    >>> grad((h * 3).sum(), [x, h])
    (tensor([ 6., 12.]), tensor([3., 3.]))
    >>> x.grad is None
    True
    """
    _refuse_second_derivatives("grad", create_graph)
    if is_grads_batched or not only_inputs:
        name = "is_grads_batched=True" if is_grads_batched else "only_inputs=False"
        raise NotImplementedError(f"grad({name}) is not covered: leave it out")
    if materialize_grads and allow_unused is False:
        raise ValueError("grad(materialize_grads=True) allows unused inputs: leave allow_unused=False out")
    refuse_capture("calls autograd.grad()", "use backward() and read grad")
    results = _listed("outputs", outputs)
    wanted = _listed("inputs", inputs.values() if isinstance(inputs, Mapping) else inputs)
    if not wanted:
        raise RuntimeError("grad() expected inputs to name at least one tensor, got none")
    for i, x in enumerate(wanted):
        if not x.requires_grad:
            raise RuntimeError(f"grad() expected inputs that require a gradient, input {i} does not")
    found = _walk("grad", results, _vectors("grad", results, grad_outputs), retain_graph, wanted)
    gradients: list[Tensor | None] = []
    for i, x in enumerate(wanted):
        array = found.get(x)
        if array is None and not (allow_unused or materialize_grads):
            raise RuntimeError(
                f"input {i} of grad() was not used for the outputs: "
                "allow_unused=True returns None for it, materialize_grads=True zeros"
            )
        if array is None and materialize_grads:
            array = np.zeros_like(x.array)
        gradients.append(None if array is None else Tensor(np.array(array)))
    return dict(zip(inputs, gradients, strict=True)) if isinstance(inputs, Mapping) else tuple(gradients)


def _walk(
    caller: str,
    outputs: list[Tensor],
    vectors: list[Any],
    retain_graph: bool | None,
    inputs: list[Tensor] | None = None,
) -> dict[Tensor, Array]:
    """Walk back from outputs, and return what came to the inputs; without inputs, give leaves their gradients."""
    roots: dict[Operation, Array] = {}
    leaves: dict[Tensor, Array] = {}
    for y, vector in zip(outputs, vectors, strict=True):
        seed = y.seed_of_backward(vector, caller)
        if y._op is None:
            leaves[y] = leaves[y] + seed if y in leaves else seed
        else:
            roots[y._op] = roots[y._op] + seed if y._op in roots else seed
    if inputs is None:
        with np.errstate(all="ignore"):
            walk_back(roots, retain_graph, leaves=leaves)
        return {}
    nodes = {x: x._op or x for x in inputs}
    wanted = Wanted(nodes.values(), roots)
    with np.errstate(all="ignore"):
        walk_back(wanted.among(roots), retain_graph, wanted, wanted.among(leaves))
    return {x: wanted.grads[node] for x, node in nodes.items() if node in wanted.grads}


def _vectors(caller: str, outputs: list[Tensor], given: Any) -> list[Any]:
    """Return the vectors of vector-Jacobian products, as many as there are outputs."""
    if given is None:
        return [None] * len(outputs)
    listed = [given] if isinstance(given, Tensor) or hasattr(given, "__array__") else list(given)
    if len(listed) != len(outputs):
        raise RuntimeError(
            f"{caller}() expected a gradient, or None, for each of {len(outputs)} tensors, got {len(listed)}"
        )
    return [None if v is None else tensor_given(caller, v) for v in listed]


def _listed(name: str, tensors: Any) -> list[Tensor]:
    listed = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    for i, x in enumerate(listed):
        if not isinstance(x, Tensor):
            raise RuntimeError(f"{name} expected tensors, got {type(x).__name__} at position {i}")
    return listed


def _refuse_second_derivatives(name: str, create_graph: bool) -> None:
    if create_graph:
        raise NotImplementedError(f"{name}(create_graph=True): chainrule has no second derivatives")
