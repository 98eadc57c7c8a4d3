"""The page leaves nothing out: a name of PyTorch's is compared, or shown by a test, or not there for a reason."""

import re
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.conformance import uncovered  # noqa: E402
from tests.conformance.no_numbers import GROUPS  # noqa: E402
from tests.conformance.registry import CASES  # noqa: E402
from tests.conformance.rooms import ROOMS, full, here, public, room  # noqa: E402

import chainrule as cr  # noqa: E402

pytestmark = pytest.mark.torch

COVERED = {case.name for case in CASES}
TESTS = Path(__file__).parents[1]
WITHOUT = [(name, file) for names, file in GROUPS.values() for name in names.split()]
# Rooms of second names, which must stand for the same.
REPEATED = ("special", "random")
SPELT_OTHERWISE = {"special.expit": "sigmoid"}
# Old names, which warn and do what the new ones do.
OLD = {f"nn.init.{n}" for n in dir(torch.nn.init) if f"{n}_" in dir(torch.nn.init)}
KNOWN = COVERED | OLD | {name for name, _ in WITHOUT}


def is_accounted_for(name, room_name):
    """Return whether a name has a case, as a function or a method, or a test, or repeats one that has."""
    if room_name in REPEATED:
        first = SPELT_OTHERWISE.get(full(name, room_name), name)
        return full(name, room_name) in KNOWN or room(cr, full(name, room_name)) is room(cr, first)
    as_method = {"": f"Tensor.{name}", "Tensor": name}.get(room_name)
    return full(name, room_name) in KNOWN or as_method in KNOWN


def test_every_name_that_both_have_is_compared():
    both = [(n, r) for r in ROOMS if room(cr, r) is not None for n in public(r) if here(n, r)]
    assert [full(n, r) for n, r in both if not is_accounted_for(n, r)] == []


@pytest.mark.parametrize(("name", "file"), WITHOUT)
def test_what_has_no_numbers_stands_in_both_and_in_its_test(name, file):
    assert room(torch, name) is not None
    assert room(cr, name) is not None or name.startswith("Tensor.")
    text = (TESTS / file).read_text(encoding="utf-8")
    assert re.search(rf"\b{name.rpartition('.')[2]}\b", text) or file.endswith("test_structure_torch.py")


def test_every_name_that_is_not_there_has_a_reason():
    assert "" not in uncovered.groups(), uncovered.groups()[""]
    for names in uncovered.groups().values():
        assert not [n for n in names if n in COVERED]


@pytest.mark.parametrize("name", uncovered.MORE_INSTEAD)
def test_what_is_written_instead_runs(name):
    x = cr.rand(4, 3)
    given = {"x": x, "y": x + 1, "matrix": cr.eye(3), "indices": cr.tensor([1, 2]), "chainrule": cr, "np": np}
    exec(uncovered.MORE_INSTEAD[name], given)
