import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def trainings():
    """The module trainings.py beside this file."""
    spec = importlib.util.spec_from_file_location("trainings", Path(__file__).with_name("trainings.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
