"""Every operation that has a formula, over the samples that all checks of operations draw from."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.ops.samples import SAMPLES

import chainrule as cr
from chainrule import nn
from chainrule.derivations import explain
from chainrule.derivations.derive import LIMIT
from chainrule.derivations.rules import Rule
from chainrule.derivations.text import TextWriter
from chainrule.tensor import Tensor, apply

NUMBERS_ONLY = {"Step"}  # any step function, which has no formula
NUMBERS_ONLY |= {"CumProd", "LogCumSumExp", "Median", "ScatterAdd", "ScatterExtremum"}  # rare in networks


class Applied(nn.Module):
    """An operation whose inputs are parameters, except the first with a gradient if that is what goes in."""

    def __init__(self, op, arrays, given):
        super().__init__()
        self.op, self.given, self.taken = op, given, []
        for i, array in enumerate(arrays):
            floating = array.dtype.kind == "f"
            self.taken.append(nn.Parameter(Tensor(array)) if floating else Tensor(array))
            if floating and i != given:
                self.register_parameter(f"p{i}", self.taken[i])

    def forward(self, x):
        return apply(self.op, *(x if i == self.given else each for i, each in enumerate(self.taken)))


def explained(sample, as_input, row):
    """Return the derivation of an operation and of a weighted sum of its results."""
    arrays = sample.inputs()
    given = next((i for i, a in enumerate(arrays) if a.dtype.kind == "f"), None) if as_input else None
    x = Tensor(arrays[given], requires_grad=True) if given is not None else cr.zeros(1)
    assume(x.ndim == 0 or len(x))
    probe = sample.make()
    with np.errstate(all="ignore"):  # ln 0, of the sum of no numbers
        result = probe.forward(*arrays)
    assume(sum(a.size for a in arrays) + 2 * np.size(result) <= LIMIT)
    weights = Tensor(np.linspace(0.5, 1.5, np.size(result)).reshape(np.shape(result)))
    model = Applied(sample.make(), arrays, given)
    rows = x.shape[0] if x.ndim > 1 else 1
    return explain(model, x, loss_fn=lambda y: (y * weights).sum(), sample=row % rows)


def test_every_operation_has_a_formula_or_is_named_here():
    assert SAMPLES.keys() - Rule.registry.keys() == NUMBERS_ONLY
    assert Rule.registry.keys() <= SAMPLES.keys()


@pytest.mark.parametrize("name", sorted(SAMPLES.keys() - NUMBERS_ONLY))
def test_the_formulas_compute_the_numbers_of_the_run(name):
    @settings(max_examples=6, deadline=None)
    @given(sample=SAMPLES[name], as_input=st.booleans(), row=st.integers(0, 3))
    def check(sample, as_input, row):
        derivation = explained(sample, as_input, row)
        for line in derivation.lines():
            np.testing.assert_allclose(
                line.formula.value, line.result, rtol=1e-9, atol=1e-12, err_msg=str(line.name)
            )
        for section in derivation.sections:
            for equation in (e for step in section.steps for e in step.equations):
                assert "NaN" not in " ".join(map(TextWriter().write, equation.forms))
        assert derivation.latex().isascii()
        assert str(derivation)
        assert derivation.html()

    check()
