"""PyTorch's place for some functions of each element, under their names there."""

from __future__ import annotations

from chainrule.functions.methods import log_softmax, logsumexp, round, sigmoid, softmax
from chainrule.functions.pairwise import xlogy
from chainrule.functions.pointwise import erf, erfc, erfinv, exp2, expm1, log1p, logit, sinc

expit = sigmoid

__all__ = [
    "erf",
    "erfc",
    "erfinv",
    "exp2",
    "expit",
    "expm1",
    "log1p",
    "log_softmax",
    "logit",
    "logsumexp",
    "round",
    "sinc",
    "softmax",
    "xlogy",
]
