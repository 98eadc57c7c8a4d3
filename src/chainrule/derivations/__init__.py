"""Derivations with numbers: ``chainrule.explain`` shows where every number of a training step comes from."""

from chainrule.derivations.derivation import Derivation
from chainrule.derivations.derive import explain

__all__ = ["Derivation", "explain"]
