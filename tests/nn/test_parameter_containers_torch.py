"""``ParameterList``, ``ParameterDict`` and ``Buffer``, as in PyTorch."""

import copy

import pytest
from tests.autograd.both import agree

import chainrule as cr

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def types(values):
    return [type(v).__name__ for v in values]


ON_LISTS = {
    "holds": lambda lib, p: [types(p), len(p), list(p.state_dict()), [n for n, _ in p.named_parameters()]],
    "slice": lambda lib, p: [type(p[0:2]).__name__, len(p[0:2]), len(p[::2]), p[-1]],
    "beyond": lambda lib, p: p[4],
    "append": lambda lib, p: [p.append(lib.ones(1)) is p, types(p)],
    "extend": lambda lib, p: [p.extend([lib.ones(1), 3]) is p, types(p)],
    "extend by a tensor": lambda lib, p: p.extend(lib.ones(1)),
    "extend by a number": lambda lib, p: p.extend(3),
    "set": lambda lib, p: [p.__setitem__(-3, lib.zeros(3)), p[1]],
    "set beyond": lambda lib, p: p.__setitem__(9, lib.zeros(3)),
    "call": lambda lib, p: p(lib.ones(1)),
    "add": lambda lib, p: types(p.__iadd__([lib.ones(1)])),
    "sum": lambda lib, p: sum(v.sum() for v in p[:2]),
    "deepcopy": lambda lib, p: [v.tolist() for v in copy.deepcopy(p)[:2]],
}


@pytest.mark.parametrize("what", ON_LISTS)
def test_lists(what):
    def scenario(library):
        held = [library.nn.Parameter(library.ones(2, 3)), library.zeros(2), 3, "a"]
        return ON_LISTS[what](library, library.nn.ParameterList(held))

    agree(scenario)


ON_DICTS = {
    "order": lambda lib, d: [list(d), list(d.keys()), list(reversed(d)), len(d), types(d.values()), "a" in d],
    "items": lambda lib, d: [(k, v.tolist()) for k, v in d.items()],
    "state": lambda lib, d: list(d.state_dict()),
    "missing": lambda lib, d: d["zz"],
    "get": lambda lib, d: [d.get("a"), d.get("zz"), d.get("zz", 3)],
    "setdefault": lambda lib, d: [d.setdefault("c", lib.ones(1)), d.setdefault("a", lib.ones(9)), list(d)],
    "pop": lambda lib, d: [d.pop("a"), list(d), list(d.state_dict())],
    "pop missing": lambda lib, d: d.pop("zz"),
    "popitem": lambda lib, d: [d.popitem()[0], list(d)],
    "popitem of none": lambda lib, d: [d.clear(), d.popitem()],
    "clear": lambda lib, d: [d.clear(), len(d), list(d.state_dict())],
    "delete": lambda lib, d: [d.__delitem__("a"), list(d)],
    "delete missing": lambda lib, d: d.__delitem__("zz"),
    "copy": lambda lib, d: [list(d.copy()), d.copy()["a"] is d["a"]],
    "fromkeys": lambda lib, d: list(d.fromkeys(["y", "x"], lib.ones(1))),
    "update": lambda lib, d: [d.update({"z": lib.ones(1), "y": lib.ones(2)}), list(d)],
    "update by pairs": lambda lib, d: [d.update([("z", lib.ones(1)), ("y", lib.ones(2))]), list(d)],
    "update by a number": lambda lib, d: d.update(3),
    "update by numbers": lambda lib, d: d.update([3]),
    "update by threes": lambda lib, d: d.update([("a", 1, 2)]),
    "or": lambda lib, d: [list(d | {"m": lib.ones(1)}), list({"m": lib.ones(1)} | d), list(d)],
    "or in place": lambda lib, d: list(d.__ior__({"m": lib.ones(1)})),
    "number as key": lambda lib, d: d.__setitem__(3, lib.ones(1)),
    "name of a method": lambda lib, d: d.__setitem__("keys", lib.ones(1)),
    "dot": lambda lib, d: d.__setitem__("a.b", lib.ones(1)),
    "empty": lambda lib, d: d.__setitem__("", lib.ones(1)),
    "call": lambda lib, d: d(lib.ones(1)),
}


@pytest.mark.parametrize("what", ON_DICTS)
def test_dicts(what):
    def scenario(library):
        held = {"b": library.nn.Parameter(library.ones(2)), "a": library.zeros(1)}
        return ON_DICTS[what](library, library.nn.ParameterDict(held))

    agree(scenario)


def test_a_network_of_them_is_trained_and_loaded():
    def scenario(library):
        class Network(library.nn.Module):
            def __init__(self):
                super().__init__()
                self.weights = library.nn.ParameterList([library.ones(2, 2) * 0.5 for _ in range(2)])
                self.more = library.nn.ParameterDict({"bias": library.zeros(2)})
                self.scale = library.nn.Buffer(library.ones(2) * 2)

            def forward(self, x):
                for weight in self.weights:
                    x = x @ weight + self.more["bias"]
                return x * self.scale

        network, other = Network(), Network()
        optimizer = library.optim.SGD(network.parameters(), lr=0.01)
        for _ in range(3):
            optimizer.zero_grad()
            (network(library.ones(1, 2)) ** 2).sum().backward()
            optimizer.step()
        other.load_state_dict(network.state_dict())
        return list(other.state_dict()), [[round(v, 5) for v in p.flatten().tolist()] for p in other.parameters()]

    agree(scenario)


def test_buffers_are_registered_by_assignment():
    def scenario(library):
        nn, module = library.nn, library.nn.Module()
        module.mean = nn.Buffer(library.ones(2))
        module.passing = nn.Buffer(library.ones(1), persistent=False)
        found = [
            [n for n, _ in module.named_buffers()],
            list(module.state_dict()),
            isinstance(module.mean, nn.Buffer),
        ]
        module.mean = library.zeros(2)
        module.passing = nn.Buffer(library.zeros(1))
        return found, list(module.state_dict()), module.mean, module.mean.requires_grad, nn.Buffer()

    agree(scenario)


def test_a_buffer_does_not_take_the_place_of_a_parameter():
    def scenario(library):
        library.nn.Linear(1, 1).weight = library.nn.Buffer(library.ones(1))

    agree(scenario)


def test_captured_steps_follow_the_parameters_of_a_list():
    weights = cr.nn.ParameterList([cr.ones(2)])
    step = cr.capture(lambda x: x * weights[0])
    assert [step(cr.ones(2)).tolist() for _ in range(3)] == [[1, 1]] * 3
    weights[0] = cr.zeros(2)
    assert step(cr.ones(2)).tolist() == [0, 0]
