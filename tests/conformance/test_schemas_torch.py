"""Every argument of PyTorch's functions of tensors is tried or refused by name, and goes by NumPy's names too."""

import inspect
import zlib
from itertools import islice

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.conformance.compare import REFUSALS  # noqa: E402
from tests.conformance.draws import Draw  # noqa: E402
from tests.conformance.library import OURS, THEIRS  # noqa: E402
from tests.conformance.registry import CASES  # noqa: E402
from tests.conformance.schemas import arguments, function, same, supported  # noqa: E402

import chainrule  # noqa: E402
from chainrule.keywords import HERE  # noqa: E402

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore")]  # PyTorch's

BY_NAME = {case.name: case for case in CASES if arguments(case.name) and function(case.name)}
TRIALS = 100
# These the cases give by position.
ELSEWHERE = {"size", "low", "high", "shapes", "src", "value"}


def trials(case):
    for i in range(TRIALS):
        dtype = case.dtypes[i % len(case.dtypes)]
        yield case.draw(Draw(zlib.crc32(f"{case.name} {i}".encode()), np.dtype(dtype)))


def tried():
    """Return, for every function, the arguments that its cases, or those of its other names, are given."""
    found = {}
    for name, case in BY_NAME.items():
        given, inputs = found.setdefault(same(name), set()), 0
        for trial in trials(case):
            given |= set(trial.options)
            inputs = max(inputs, len(trial.inputs))
        given |= set(supported(name)[:inputs])
    return found


def test_every_argument_that_may_be_given_is_tried():
    given, untried = tried(), {}
    for name, case in BY_NAME.items():
        parameters = inspect.signature(function(name)).parameters
        needed = {n for n, p in parameters.items() if p.default is p.empty} | set(case.refused) | ELSEWHERE
        wanted = set(supported(name)) - set(HERE) - needed - given[same(name)]
        if wanted:
            untried[name] = wanted
    assert not untried


REFUSED = [(n, a) for n in BY_NAME for a in arguments(n) if a not in supported(n)]


@pytest.mark.parametrize(("name", "argument"), REFUSED)
def test_what_is_not_supported_is_refused_by_name(name, argument):
    with pytest.raises(TypeError, match=argument) as refusal:
        function(name)(chainrule.ones(2, 2), **{argument: 1})
    assert "__" not in str(refusal.value)


def results(lib, trial):
    """Return all arrays that a trial leads to; None if it is refused."""
    try:
        return [array for arrays in trial.run(lib).values() for array in arrays]
    except REFUSALS:
        return None


NUMPYS = {"dim": "axis", "keepdim": "keepdims"}


@pytest.mark.parametrize("name", [n for n in BY_NAME if "dim" in supported(n)])
def test_axes_go_by_numpys_names_where_they_do_in_pytorch(name):
    for trial in [t for t in islice(trials(BY_NAME[name]), 12) if set(NUMPYS) & set(t.options)]:
        ours = results(OURS, trial)
        for named in set(NUMPYS) & set(trial.options):
            trial.options[NUMPYS[named]] = trial.options.pop(named)
        if ours is not None and results(THEIRS, trial) is not None:
            np.testing.assert_equal(results(OURS, trial), ours)
