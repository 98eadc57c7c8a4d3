"""Damaged and hostile files: refused with a sentence that names them, or read as what they were."""

import subprocess
import sys
from pathlib import Path

import pytest

FORMATS = [
    *("IDX", "IDX in gzip", "cr.save", "checkpoint", "safetensors", "recorded run", "options of a run"),
    *("trial of a study", "page of all labs", "network to explain", "log"),
    *(pytest.param(name, marks=pytest.mark.torch) for name in ("torch.save", "torch.save before 1.6")),
]


SLOW = ("checkpoint", "log")  # each file is read by a training


def read_damaged(name, count):
    """Read so many damaged files in a process of its own: a crash, too much memory or a hang ends only that."""
    if name.startswith("torch"):
        pytest.importorskip("torch")
    program = [sys.executable, "-W", "error", "-m", "tests.stress.fuzz", name, "0", str(count)]
    done = subprocess.run(program, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    failed = [line for line in lines if line.startswith("FAILED")]
    assert not failed, "\n".join(failed)
    assert lines[-1:] == ["all were read"], f"ended with {done.returncode} at {lines[-1:]}\n{done.stderr}"


@pytest.mark.parametrize("name", FORMATS)
def test_damaged_files_are_refused_or_read_as_what_they_were(name):
    read_damaged(name, 200)


@pytest.mark.full
@pytest.mark.parametrize("name", FORMATS)
def test_thousands_of_damaged_files_are_refused_or_read_as_what_they_were(name):
    read_damaged(name, 1000 if name in SLOW else 3000)
