"""The core stands on NumPy and the standard library alone."""

import subprocess
import sys

import pytest

CORE = ["chainrule"] + [
    f"chainrule.{room}" for room in ("nn", "optim", "data", "datasets", "train", "derivations", "serialization")
]

PROBE = """
import sys
import {module}
tops = sorted({{name.partition('.')[0] for name in sys.modules}})
print(*[t for t in tops if t not in sys.stdlib_module_names and not t.startswith('_')])
"""


@pytest.mark.parametrize("module", CORE)
def test_importing_the_core_loads_numpy_and_the_standard_library_only(module):
    code = PROBE.format(module=module)
    command = [sys.executable, "-S", "-c", _paths() + code]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    # cython_runtime is no package: numpy.random's compiled modules put it there
    assert set(result.stdout.split()) - {"cython_runtime"} <= {"chainrule", "numpy"}


def _paths():
    """Return code that makes packages importable without ``site``, which loads what is installed there."""
    return f"import sys; sys.path[:0] = {[p for p in sys.path if p]!r}\n"
