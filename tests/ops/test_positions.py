"""Many elements put at positions are what NumPy's own functions make of them."""

import numpy as np
import pytest

from chainrule.ops.positions import cells, ufunc_at

rng = np.random.default_rng(0)
ROWS, COLUMNS = rng.integers(0, 7, (2, 900))
INDICES = {
    "rows": ROWS,
    "rows from the end": ROWS - 7,
    "rows in a list": ROWS.tolist(),
    "columns": (slice(None), COLUMNS),
    "cells": (ROWS, COLUMNS),
    "cells from the end": (ROWS, COLUMNS - 7),
    "small integers": (ROWS.astype(np.uint8), COLUMNS.astype(np.uint8)),
    "an ellipsis and a new axis": (..., None, COLUMNS),
    "one of a row": (ROWS, 3),
    "under a mask": (rng.random(7) < 0.5, slice(None), None, np.zeros(99, np.int64)[:, None]),
    "along an axis": cells("gather", (7, 40), rng.integers(0, 7, (200, 30)), 0),
}


@pytest.mark.parametrize("name", INDICES)
@pytest.mark.parametrize("function", [np.add, np.maximum])
def test_many_elements_are_put_where_numpy_puts_them(name, function):
    index, expected = INDICES[name], rng.standard_normal((7, 40))
    if name == "under a mask":
        expected = expected[..., np.newaxis]
    x = expected.copy()
    values = rng.standard_normal(expected[index].shape[::-1]).T  # not contiguous
    assert values.size > 512
    function.at(expected, index, values)
    ufunc_at(function, x, index, values)
    np.testing.assert_allclose(x, expected, rtol=1e-12, atol=1e-12)
