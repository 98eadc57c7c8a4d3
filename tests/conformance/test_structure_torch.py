"""Modules, data sets and dtypes answer as PyTorch's do when they are asked for what they hold."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.conformance.library import OURS, THEIRS  # noqa: E402

pytestmark = pytest.mark.torch


def network(lib):
    """Return modules within modules, with buffers, and with a part that stands in two places."""
    nn, shared = lib.nn, lib.nn.Linear(3, 3)
    net = nn.Sequential(
        nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Sequential(shared, nn.ReLU(), shared), nn.Dropout(0.3)
    )
    net.register_buffer("seen", lib.root.zeros(2))
    net.register_buffer("passing", lib.root.ones(1), persistent=False)
    net.register_parameter("scale", nn.Parameter(lib.root.ones(1)))
    net.register_parameter("nothing", None)
    net.register_module("head", nn.Linear(3, 1))
    net.add_module("tail", nn.Tanh())
    return net


def first_parts(m):
    return type(m).__name__, m.training, [n for n, _ in m.named_children()]


OF_MODULES = {
    "parts": lambda m: [type(c).__name__ for c in m.modules()],
    "named parts": lambda m: [(n, type(c).__name__) for n, c in m.named_modules()],
    "named parts, doubles too": lambda m: [n for n, _ in m.named_modules("net", remove_duplicate=False)],
    "own parts": lambda m: [first_parts(c) for c in m.children()],
    "own named parts": lambda m: [(n, type(c).__name__) for n, c in m.named_children()],
    "parameters": lambda m: [(n, p.shape, p.requires_grad) for n, p in m.named_parameters()],
    "own parameters": lambda m: [n for n, _ in m.named_parameters("net", recurse=False)],
    "parameters by place": lambda m: [tuple(p.shape) for p in m.parameters()],
    "buffers": lambda m: [(n, b.numpy().tolist()) for n, b in m.named_buffers()],
    "buffers by place": lambda m: [tuple(b.shape) for b in m.buffers()],
    "own buffers": lambda m: [n for n, _ in m.named_buffers(recurse=False)],
    "a part": lambda m: type(m.get_submodule("2.1")).__name__,
    "no such part": lambda m: m.get_submodule("2.9"),
    "a parameter": lambda m: tuple(m.get_parameter("head.weight").shape),
    "no such parameter": lambda m: m.get_parameter("head.seen"),
    "a buffer": lambda m: m.get_buffer("1.running_var").numpy().tolist(),
    "no such buffer": lambda m: m.get_buffer("1.weight"),
    "state": lambda m: list(m.state_dict()),
    "modes": lambda m: [
        c.training for c in [*m.eval().modules(), *m.train().modules(), *m.train(False).modules()]
    ],
    "fixed": lambda m: [p.requires_grad for p in m.requires_grad_(False).parameters()],
    "wide": lambda m: [str(t.dtype).split(".")[-1] for t in m.double().state_dict().values()],
    "narrow": lambda m: [str(t.dtype).split(".")[-1] for t in m.double().float().cpu().state_dict().values()],
    "on the CPU": lambda m: [str(p.device) for p in m.to("cpu").parameters()],
    "applied": lambda m: _names_applied(m),
    "cleared": lambda m: [p.grad for p in _with_gradients(m).parameters()],
    "shown": lambda m: [m.extra_repr(), m[0].extra_repr(), repr(m)],
    "nothing forward": lambda m: type(m).__mro__[1]().forward(1),
}


def _names_applied(m):
    seen = []
    assert m.apply(lambda part: seen.append(type(part).__name__)) is m
    return seen


def _with_gradients(m):
    for p in m.parameters():
        p.grad = p.detach() * 0
    m.zero_grad()
    return m


def indices(lib):
    return list(lib.root.utils.data.SequentialSampler([7, 8, 9]))


class _Backwards:
    def __init__(self, samples):
        self.samples = samples

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, i):
        return self.samples[-1 - i]


def own_data(lib):
    data = type("Data", (_Backwards, lib.root.utils.data.Dataset), {})
    joined = data([1, 2, 3]) + data([4, 5])
    return type(joined).__name__, len(joined), [joined[i] for i in (0, 2, 3, 4, -1)]


def own_sampler(lib):
    sampler = type("Odd", (lib.root.utils.data.Sampler,), {"__iter__": lambda self: iter((3, 1))})
    return list(sampler()), [b.tolist() for b in lib.root.utils.data.DataLoader([4, 5, 6, 7], sampler=sampler())]


def parts(lib):
    data = lib.root.utils.data
    table = data.TensorDataset(lib.root.arange(6.0), lib.root.arange(6))
    part, both = data.Subset(table, [4, 0]), data.ConcatDataset([table, data.Subset(table, [3])])
    return (
        len(table),
        len(part),
        len(both),
        both.cumulative_sizes,
        [x.item() for t in (part[0], both[6]) for x in t],
    )


def beyond(lib):
    return lib.root.utils.data.ConcatDataset([[1], [2, 3]])[3]


def nothing(lib):
    return lib.root.utils.data.ConcatDataset([])


FLOATING, WHOLE = (
    ("double", "float", "float32", "float64"),
    ("int64", "long", "int", "int16", "int32", "int8", "uint8"),
)
OLD = [f"{kind}Tensor" for kind in ("Bool", "Byte", "Char", "Short", "Int", "Long", "Float", "Double")]


def dtypes(lib):
    zeros = [lib.root.zeros(2, dtype=getattr(lib.root, n)) for n in ("bool", *FLOATING, *WHOLE)]
    return [(t.itemsize, t.nbytes, t.is_cuda, t.is_floating_point(), str(t.dtype).split(".")[-1]) for t in zeros]


def classes(lib):
    made = [getattr(lib.root, n)([1, 0, 3]) for n in OLD]
    return [(t.tolist(), str(t.dtype).split(".")[-1]) for t in made]


def threads(lib):
    before = lib.root.get_num_threads()
    lib.root.set_num_threads(1)
    after = lib.root.get_num_threads()
    lib.root.set_num_threads(before)
    return after


OTHERS = {
    "one after another": indices,
    "data of one's own": own_data,
    "a sampler of one's own": own_sampler,
    "parts of data": parts,
    "data beyond the end": beyond,
    "no data": nothing,
    "dtypes": dtypes,
    "the old classes": classes,
    "numbers": lambda lib: [lib.root.e, lib.root.inf, lib.root.pi, lib.root.nan == lib.root.nan],
    "the device": lambda lib: [str(lib.root.device("cpu")), lib.root.device("cpu") == lib.root.zeros(1).device],
    "no such device": lambda lib: lib.root.device("nowhere"),
    "threads": threads,
    "no threads": lambda lib: lib.root.set_num_threads(0),
}
ANSWERS = OTHERS | {name: lambda lib, ask=ask: ask(network(lib)) for name, ask in OF_MODULES.items()}


@pytest.mark.parametrize("name", ANSWERS)
def test_the_answer_is_pytorchs(name):
    try:
        theirs = ANSWERS[name](THEIRS)
    except Exception as refusal:
        with pytest.raises(type(refusal)):
            ANSWERS[name](OURS)
        return
    np.testing.assert_equal(ANSWERS[name](OURS), theirs)
