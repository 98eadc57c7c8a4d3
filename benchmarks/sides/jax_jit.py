"""JAX: the whole step compiled by ``jax.jit``, which writes the new state into the memory of the old."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import cycle
from typing import Any

from benchmarks.problem import Problem

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


def jax_jit(problem: Problem) -> Iterator[Any]:
    import jax
    import jax.numpy as jnp

    hidden = {"ReLU": jax.nn.relu, "Tanh": jnp.tanh}[problem.hidden]
    output = {"": lambda z: z, "Sigmoid": jax.nn.sigmoid}[problem.output]

    def forward(weights: Any, x: Any, key: Any) -> Any:
        for W, b in weights[:-1]:
            x = hidden(x @ W.T + b)
            if problem.dropout:
                key, own = jax.random.split(key)
                keep = jax.random.bernoulli(own, 1 - problem.dropout, x.shape)
                x = jnp.where(keep, x / (1 - problem.dropout), 0)
        W, b = weights[-1]
        return output(x @ W.T + b)

    def loss_of(weights: Any, X: Any, y: Any, key: Any) -> Any:
        a = forward(weights, X, key)
        if problem.loss == "MSELoss":
            return jnp.mean((a - y) ** 2)
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(a), y[:, None], axis=1))

    def sgd(state: Any, gradient: Any) -> Any:
        return {"weights": jax.tree.map(lambda p, g: p - problem.lr * g, state["weights"], gradient)}

    def adam(state: Any, gradient: Any) -> Any:
        t = state["t"] + 1
        m = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, state["m"], gradient)
        v = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, state["v"], gradient)
        size, root = problem.lr / (1 - BETA1**t), jnp.sqrt(1 - BETA2**t)
        weights = jax.tree.map(
            lambda p, m, v: p - size * m / (jnp.sqrt(v) / root + EPSILON), state["weights"], m, v
        )
        return {"weights": weights, "m": m, "v": v, "t": t}

    @partial(jax.jit, donate_argnums=0)
    def step(state: Any, X: Any, y: Any) -> Any:
        key = state["key"]
        key, own = jax.random.split(key) if problem.dropout else (key, key)
        loss, gradient = jax.value_and_grad(loss_of)(state["weights"], X, y, own)
        return {**(adam if problem.optimizer == "Adam" else sgd)(state, gradient), "key": key}, loss

    weights = jax.tree.map(jnp.array, problem.weights)
    key = jax.random.key(42)
    batches = cycle([(jnp.array(X), jnp.array(y)) for X, y in problem.batches()])
    if not problem.training:
        predict = jax.jit(forward)
        for X, _ in batches:
            yield predict(weights, X, key)

    zeros = partial(jax.tree.map, jnp.zeros_like)
    state = {"weights": weights, "key": key}
    if problem.optimizer == "Adam":
        state |= {"m": zeros(weights), "v": zeros(weights), "t": jnp.zeros(())}
    for X, y in batches:
        state, loss = step(state, X, y)
        yield loss
