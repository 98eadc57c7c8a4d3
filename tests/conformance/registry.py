"""Every case there is, in the order of the page."""

from __future__ import annotations

import importlib

FILES = (
    *("layers", "activations", "losses", "distances", "creation", "tensors"),
    *("optimizers", "parameters", "schedulers", "initial", "randomness", "exchange"),
)

CASES = [case for file in FILES for case in importlib.import_module(f"tests.conformance.cases.{file}").CASES]
