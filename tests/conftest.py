"""What tests of several rooms share."""

import pytest
from tests.stress.disks import KINDS


@pytest.fixture(params=KINDS)
def disk(request, tmp_path, monkeypatch):
    """A disk with a folder, which can be full."""
    with request.param(tmp_path, monkeypatch) as disk:
        yield disk
