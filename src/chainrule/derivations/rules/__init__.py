"""How each operation is written down, one file for each kind; ``Rule.registry`` knows them all by name."""

from chainrule.derivations.rules import (
    activations,
    arithmetic,
    elementary,
    functions,
    linear,
    losses,
    margins,
    moves,
    normalization,
    reductions,
)
from chainrule.derivations.rules.rule import Rule, Run

__all__ = [
    "Rule", "Run", "activations", "arithmetic", "elementary", "functions", "linear", "losses", "margins", "moves",
    "normalization", "reductions",
]  # fmt: skip
