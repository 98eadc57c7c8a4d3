"""Activation functions and elementary functions: each is its formula and, right under it, its derivative."""

from __future__ import annotations

import math

import numpy as np

from chainrule.derivations.expression import (
    Expr,
    Fn,
    Leaf,
    Num,
    Sym,
    exp,
    ln,
    maximum,
    minimum,
    root,
    sigmoid,
    sign,
    size,
    tanh,
)
from chainrule.derivations.names import At
from chainrule.derivations.rules.elementwise import Elementwise, Function, Piece, Piecewise
from chainrule.derivations.rules.places import FAR
from chainrule.derivations.rules.rule import Rule, Run
from chainrule.ops.piecewise import SIXTH
from chainrule.ops.special import erf


class Tanh(Elementwise):
    """tanh(z) = (e^z − e^−z) / (e^z + e^−z)."""

    operations = ("Tanh",)
    name = "tanh"

    def general(self, run: Run, z: Leaf) -> Expr:  # noqa: D102
        return (exp(z) - exp(-z)) / (exp(z) + exp(-z))

    def function(self, run: Run, z: Leaf, at: At) -> Expr:  # noqa: D102
        return self.general(run, z) if abs(z.value) < FAR else tanh(z)

    def derivative(self, run: Run, z: Leaf, a: Leaf, at: At) -> Expr:  # noqa: D102
        return 1 - a**2


def softplus(z: Expr) -> Expr:
    """Return ln(1 + e^z)."""
    return ln(1 + exp(z))


def below(z: Expr) -> Expr:
    """Return Φ(z), the share of the normal distribution that lies below z."""
    return Fn((z,), "Φ", lambda x: np.float64((1 + erf(np.asarray(x / math.sqrt(2)))) / 2))


def density(z: Expr) -> Expr:
    """Return φ(z), the density of the normal distribution."""
    return Fn((z,), "φ", lambda x: np.exp(-x * x / 2) / math.sqrt(2 * math.pi))


C, K = Num(np.float64(math.sqrt(2 / math.pi))), Num(np.float64(0.044715))

Rule.registry |= {
    "Sigmoid": Function(
        lambda op, z: 1 / (1 + exp(-z)),
        lambda op, z, a: a * (1 - a),
        "σ",
    ),
    "SiLU": Function(
        lambda op, z: z * sigmoid(z),
        lambda op, z, a: sigmoid(z) * (1 + z * (1 - sigmoid(z))),
        "SiLU",
    ),
    "Mish": Function(
        lambda op, z: z * tanh(softplus(z)),
        lambda op, z, a: tanh(softplus(z)) + z * sigmoid(z) * (1 - tanh(softplus(z)) ** 2),
        "Mish",
    ),
    "GELU": Function(
        lambda op, z: z * below(z),
        lambda op, z, a: below(z) + z * density(z),
        "GELU",
    ),
    "TanhGELU": Function(
        lambda op, z: z / 2 * (1 + tanh(C * (z + K * z**3))),
        lambda op, z, a: (
            (1 + tanh(C * (z + K * z**3))) / 2
            + z / 2 * (1 - tanh(C * (z + K * z**3)) ** 2) * C * (1 + 3 * K * z**2)
        ),
        "GELU",
    ),
    "LogSigmoid": Function(
        lambda op, z: minimum(z, 0) - softplus(-size(z)),
        lambda op, z, a: sigmoid(-z),
    ),
    "Softsign": Function(
        lambda op, z: z / (1 + size(z)),
        lambda op, z, a: 1 / (1 + size(z)) ** 2,
    ),
    "Tanhshrink": Function(
        lambda op, z: z - tanh(z),
        lambda op, z, a: tanh(z) ** 2,
    ),
    "Neg": Function(lambda op, z: -z, lambda op, z, a: -1, letter="t"),
    "Exp": Function(lambda op, z: exp(z), lambda op, z, a: a, letter="t"),
    "Log": Function(lambda op, z: ln(z), lambda op, z, a: 1 / z, letter="t"),
    "Sqrt": Function(lambda op, z: root(z), lambda op, z, a: 1 / (2 * a), letter="t"),
    "Abs": Function(lambda op, z: size(z), lambda op, z, a: sign(z), letter="t"),
    "Sin": Function(
        lambda op, z: Fn((z,), "sin", np.sin), lambda op, z, a: Fn((z,), "cos", np.cos), letter="t"
    ),
    "Cos": Function(
        lambda op, z: Fn((z,), "cos", np.cos), lambda op, z, a: -Fn((z,), "sin", np.sin), letter="t"
    ),
    "AtLeast": Function(lambda op, z: maximum(z, op.low), lambda op, z, a: 1, letter="t"),
}  # fmt: skip

Rule.registry |= {
    "ReLU": Piecewise(
        lambda op, z: [Piece(z, 1, ">", 0), Piece(0, 0)], "ReLU", whole=lambda op, z: maximum(0, z)
    ),
    "LeakyReLU": Piecewise(
        lambda op, z: [Piece(z, 1, ">", 0), Piece(Sym("α", op.slope) * z, Sym("α", op.slope))], "LeakyReLU"
    ),
    "ELU": Piecewise(
        lambda op, z: [Piece(z, 1, ">", 0), Piece(Sym("α", op.alpha) * (exp(z) - 1), Sym("α", op.alpha) * exp(z))],
        "ELU",
    ),
    "CELU": Piecewise(
        lambda op, z: [
            Piece(z, 1, ">", 0),
            Piece(Sym("α", op.alpha) * (exp(z / Sym("α", op.alpha)) - 1), exp(z / Sym("α", op.alpha))),
        ],
        "CELU",
    ),
    "SELU": Piecewise(
        lambda op, z: [
            Piece(Sym("s", op.scale) * z, Sym("s", op.scale), ">", 0),
            Piece(
                Sym("s", op.scale) * Sym("α", op.alpha) * (exp(z) - 1),
                Sym("s", op.scale) * Sym("α", op.alpha) * exp(z),
            ),
        ],
        "SELU",
    ),
    "Softplus": Piecewise(
        lambda op, z: [
            Piece(z, 1, ">", op.threshold / op.beta),
            Piece(softplus(op.beta * z) / op.beta, sigmoid(op.beta * z))
            if op.beta != 1
            else Piece(softplus(z), sigmoid(z)),
        ],
        "Softplus",
    ),
    "Threshold": Piecewise(lambda op, z: [Piece(z, 1, ">", op.threshold), Piece(op.value, 0)]),
    "Hardtanh": Piecewise(
        lambda op, z: [Piece(op.low, 0, "≤", op.low), Piece(op.high, 0, "≥", op.high), Piece(z, 1)],
        "Hardtanh", whole=lambda op, z: minimum(maximum(z, op.low), op.high),
    ),
    "Hardsigmoid": Piecewise(
        lambda op, z: [Piece(0, 0, "≤", -3), Piece(1, 0, "≥", 3), Piece((z + 3) / 6, SIXTH)],
        "Hardsigmoid", whole=lambda op, z: minimum(maximum(z + 3, 0), 6) / 6,
    ),
    "Hardswish": Piecewise(
        lambda op, z: [Piece(0, 0, "≤", -3), Piece(z, 1, "≥", 3), Piece(z * (z + 3) / 6, z / 3 + 0.5)],
        "Hardswish", whole=lambda op, z: z * minimum(maximum(z + 3, 0), 6) / 6,
    ),
    "Hardshrink": Piecewise(
        lambda op, z: [Piece(z, 1, ">", op.lambd), Piece(0, 0)], "Hardshrink", of_size=True
    ),
    "Softshrink": Piecewise(
        lambda op, z: [Piece(z - op.lambd, 1, ">", op.lambd), Piece(z + op.lambd, 1, "<", -op.lambd), Piece(0, 0)],
        "Softshrink",
    ),
    "Clip": Piecewise(
        lambda op, z: [
            *([Piece(op.low, 0, "<", op.low)] if op.low is not None else []),
            *([Piece(op.high, 0, ">", op.high)] if op.high is not None else []),
            Piece(z, 1),
        ],
    ),
}  # fmt: skip
