"""What needs the notebooks' libraries to be imported is left out where they are not installed."""

from importlib.util import find_spec
from typing import Any

import pytest

NEEDING = ["src/chainrule/notebooks/*.py", "tests/notebooks/reference.py"]
collect_ignore_glob = [] if find_spec("anywidget") and find_spec("plotly") else NEEDING


@pytest.fixture(autouse=True)
def _names_in_examples(doctest_namespace: dict[str, Any]) -> None:
    """Let every docstring's examples make tensors."""
    from chainrule.creation import tensor

    doctest_namespace["tensor"] = tensor
