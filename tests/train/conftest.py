import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def setting():
    """The module setting.py beside this file, which is also run as a program."""
    spec = importlib.util.spec_from_file_location("train_setting", Path(__file__).with_name("setting.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
