"""Looking for NaN in backward passes."""

import pytest
from tests.autograd.both import agree, leaf

import chainrule as cr
from chainrule.autograd import detect_anomaly, set_detect_anomaly

pytest.importorskip("torch")
pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore")]  # PyTorch says that it is slow

LOSSES = {
    "NaN on the way": lambda x: (x.sqrt() * 0).sum(),
    "infinity": lambda x: x.sqrt().sum(),
    "neither": lambda x: x.exp().sum(),
    "NaN forward only": lambda x: ((x * 0) / 0).detach().sum() + x.sum(),
    "NaN in a constant": lambda x: (x + (x.detach() - 1).sqrt()).sum(),
}


@pytest.mark.parametrize("check_nan", [True, False])
@pytest.mark.parametrize("loss", LOSSES)
def test_it_raises_where_pytorch_does(loss, check_nan):
    def scenario(library):
        x = leaf(library, 0, 1)
        with library.autograd.detect_anomaly(check_nan=check_nan):
            LOSSES[loss](x).backward()

    assert agree(scenario) in (None, RuntimeError)


def test_the_operation_is_named():
    x = leaf(cr, 0, 1)
    with (
        detect_anomaly(),
        pytest.raises(RuntimeError, match=r"derivative of Sqrt gave NaN .* input 0, of shape \(2,\)"),
    ):
        (x.sqrt() * 0).sum().backward()


def test_it_is_on_only_where_it_was_switched_on():
    def finds():
        try:
            (leaf(cr, 0).sqrt() * 0).sum().backward()
        except RuntimeError:
            return True
        return False

    found = [finds()]
    with detect_anomaly():
        found.append(finds())
        with set_detect_anomaly(False):
            found.append(finds())
        found.append(finds())
    set_detect_anomaly(True)
    found.append(finds())
    set_detect_anomaly(False)
    assert [*found, finds()] == [False, True, False, True, True, False]


def test_captured_steps_look_for_nan_too():
    x = leaf(cr, 1)
    step = cr.capture(lambda: (x.sqrt() * 0).sum().backward())
    for _ in range(3):
        step()
    x.data.fill_(0)
    step()
    with detect_anomaly(), pytest.raises(RuntimeError, match="Sqrt"):
        step()
