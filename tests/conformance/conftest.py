"""Without PyTorch there is nothing to compare with: the modules here are not searched for examples then."""

from importlib.util import find_spec
from pathlib import Path

if find_spec("torch") is None:
    collect_ignore = [str(p) for p in Path(__file__).parent.rglob("*.py") if not p.name.startswith("test_")]
