"""Mistakes that are made often are answered with what to write."""

import warnings

import pytest

import chainrule as cr
from chainrule import nn
from chainrule.nn import functional as F

LAYER = nn.Linear(2, 2)
PREDICTION, CLASSES = cr.zeros(2, 3), cr.tensor([0, 1])


@pytest.mark.parametrize(
    ("mistake", "error", "said"),
    [
        (lambda: cr.optim.SGD(LAYER, lr=0.1), TypeError, r"got Linear: pass model\.parameters\(\)"),
        (lambda: cr.optim.SGD([LAYER], lr=0.1), TypeError, r"got Linear: pass model\.parameters\(\)"),
        (lambda: cr.optim.SGD(nn.Sequential(LAYER)), TypeError, r"got Linear: pass model\.parameters\(\)"),
        (lambda: cr.optim.SGD(LAYER.weight), TypeError, r"shape .*\[2, 2\]\): pass \[tensor\]"),
        (lambda: cr.optim.Adam([]), ValueError, r"nn\.ModuleList, not in a plain list"),
        (lambda: cr.optim.SGD(LAYER.parameters(), lr="0.1"), TypeError, "lr must be a number, got '0.1'"),
        (lambda: cr.optim.Adam(LAYER.parameters(), lr=None), TypeError, "lr must be a number, got None"),
        (lambda: cr.optim.SGD(LAYER.parameters(), momentum="1"), TypeError, "momentum must be a number"),
        (lambda: nn.CrossEntropyLoss(PREDICTION, CLASSES), RuntimeError, r"CrossEntropyLoss\(\)\(input, target\)"),
        (lambda: nn.MSELoss(PREDICTION, PREDICTION), RuntimeError, r"write MSELoss\(\)\(input, target\)"),
        (lambda: nn.Sequential(LAYER, nn.ReLU), TypeError, r"got the class ReLU: write ReLU\(\)"),
        (lambda: nn.Sequential([LAYER, nn.ReLU()]), TypeError, r"got a list: unpack it with \*"),
        (lambda: nn.Sequential(LAYER, F.relu), TypeError, "got the function relu: write a Module"),
        (lambda: nn.Linear("784", 10), TypeError, "in_features must be an integer, got '784'"),
        (lambda: nn.Linear(784 / 2, 10), TypeError, r"in_features must be an integer, got 392\.0: // divides"),
        (lambda: nn.Bilinear(2, 2, 1.0), TypeError, "out_features must be an integer"),
        (lambda: nn.BatchNorm1d(2.0), TypeError, "num_features must be an integer"),
        (lambda: nn.Embedding(5, 2.0), TypeError, "embedding_dim must be an integer"),
        (
            lambda: cr.tensor([[1, 2], [3]]),
            ValueError,
            r"lists of one shape, got \[\[1, 2\], \[3\]\]: .*pad_sequence",
        ),
        (lambda: cr.tensor(["a"]), TypeError, r"made of numbers, got \['a'\]: float\(\)"),
        (lambda: cr.manual_seed("a"), ValueError, "expected an integer, got 'a'"),
        (lambda: cr.manual_seed(None), TypeError, "expected an integer, got None"),
        (lambda: cr.zeros(2) & cr.zeros(2), NotImplementedError, "integers and booleans, got float32"),
        (lambda: F.embedding(cr.tensor([0, 5]), cr.zeros(5, 2)), IndexError, "indices from 0 to 4, got 5$"),
        (lambda: F.embedding(cr.tensor([9, -1]), cr.zeros(5, 2)), IndexError, "indices from 0 to 4, got -1$"),
        (lambda: LAYER.load_state_dict("model.pt"), TypeError, r"got str: load\('model\.pt'\) reads a file"),
        (lambda: LAYER.load_state_dict(LAYER), TypeError, r"got Linear: pass its state_dict\(\)"),
    ],
)
def test_a_mistake_is_answered_with_what_to_write(mistake, error, said):
    with pytest.raises(error, match=said):
        mistake()


def test_the_gradient_of_what_was_computed_is_warned_of_when_it_is_read():
    w = cr.ones(2, requires_grad=True)
    y = w * 2
    with pytest.warns(UserWarning, match=r"Mul made stays None: call retain_grad\(\)") as caught:
        assert y.grad is None
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert w.grad is None
        assert y.detach().grad is None
        z = w * 3
        z.retain_grad()
        assert z.grad is None
        z.sum().backward()
        assert z.grad is not None


HABITS = [
    "Tensor([1, 2])",
    "Tensor([[True, False]])",
    "Tensor(2, 3).shape",
    "Tensor(2).shape",
    "Tensor().shape",
    "Tensor(torch.zeros(2, 3).shape).shape",
    "Tensor(torch.tensor([1, 2]))",
    "Tensor(2.5)",
    "Tensor(torch.tensor(2.5))",
    "Tensor(-1)",
    "Tensor([1], [2])",
    "FloatTensor([1, 2])",
    "LongTensor([1.7, 2])",
    "LongTensor(2).shape",
    "DoubleTensor(2, 3).shape",
    "BoolTensor([0, 2])",
    "ByteTensor([255])",
    "LongTensor(torch.zeros(2))",
    "zeros(2).type()",
    "zeros(2).bool().type()",
    "zeros(2).type('torch.LongTensor')",
    "zeros(2).type(torch.DoubleTensor)",
    "zeros(2).type(torch.int64)",
    "zeros(2).type('nothing')",
]


@pytest.mark.parametrize("habit", HABITS)
def test_old_ways_of_making_tensors_do_what_they_do_in_pytorch(habit):
    torch = pytest.importorskip("torch")
    theirs, ours = (_outcome(habit, library) for library in (torch, cr))
    assert ours == theirs


def _outcome(habit, library):
    try:
        found = eval(f"torch.{habit}", {"torch": library})
    except (TypeError, ValueError, RuntimeError) as error:
        return type(error)
    return (
        (str(found.dtype).removeprefix("torch."), found.tolist()) if isinstance(found, library.Tensor) else found
    )


def test_old_types_tell_tensors_apart():
    assert isinstance(cr.zeros(2), cr.FloatTensor)
    assert not isinstance(cr.zeros(2).long(), cr.FloatTensor)
    assert not isinstance(3.0, cr.FloatTensor)
