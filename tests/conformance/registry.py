"""Every case there is, in the order of the page."""

from __future__ import annotations

import importlib

FILES = (
    *(
        "layers",
        "activations",
        "losses",
        "distances",
        "creation",
        "tensors",
        "pointwise",
        "linear_algebra",
        "properties",
    ),
    *("sorting", "selecting", "rearranging", "counting", "alike"),
    *("optimizers", "parameters", "schedulers", "initial", "randomness", "exchange", "programs"),
)

CASES = [case for file in FILES for case in importlib.import_module(f"tests.conformance.cases.{file}").CASES]
