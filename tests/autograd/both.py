"""One scenario in both libraries."""

import math

import numpy as np
import pytest

import chainrule as cr


def outcome(scenario, library):
    """Return what a scenario returns, or the type of its error."""
    try:
        return plain(scenario(library))
    except Exception as error:
        return type(error)


def plain(value):
    """Replace tensors by lists, so that what both libraries return can be compared."""
    if isinstance(value, tuple | list):
        return [plain(part) for part in value]
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if hasattr(value, "detach"):
        return value.detach().tolist()
    return None if isinstance(value, float) and math.isnan(value) else value


def agree(scenario):
    """Check that both libraries give the same, or the same error; return it."""
    torch = pytest.importorskip("torch")
    ours, theirs = outcome(scenario, cr), outcome(scenario, torch)
    assert ours == theirs, (ours, theirs)
    return ours


def leaf(library, *values):
    return library.tensor(np.array(values).tolist(), dtype=library.float64, requires_grad=True)
