import operator
from collections import OrderedDict

import pytest

from chainrule import creation as cr
from chainrule import nn


@pytest.fixture
def layers():
    return [nn.Linear(2, 2), nn.ReLU(), nn.Tanh(), nn.ELU()]


@pytest.mark.parametrize(
    "container", [lambda ms: nn.Sequential(*ms), nn.ModuleList], ids=["Sequential", "ModuleList"]
)
class TestNumbered:
    def test_it_reads_like_a_list(self, container, layers):
        held = container(layers)
        assert len(held) == 4
        assert list(held) == layers
        assert held[0] is layers[0]
        assert held[-1] is layers[-1]
        assert type(held[1:3]) is type(held)
        assert list(held[1:3]) == layers[1:3]
        assert list(held[::-1]) == layers[::-1]
        for wrong in (4, -5):
            with pytest.raises(IndexError, match="out of range for 4 modules"):
                held[wrong]

    def test_it_changes_like_a_list(self, container, layers):
        held = container(layers)
        new = nn.Sigmoid()
        held[-1] = new
        layers[-1] = new
        assert list(held) == layers
        del held[1]
        del layers[1]
        assert list(held) == layers
        held.insert(1, new)
        layers.insert(1, new)
        assert list(held) == layers
        assert held.pop(0) is layers.pop(0)
        assert list(held) == layers
        assert held.append(new) is held
        assert held.extend([new, new]) is held
        assert list(held) == [*layers, new, new, new]
        assert list(held._modules) == [str(i) for i in range(len(held))]
        del held[1:]
        assert list(held) == layers[:1]

    def test_sums_hold_both(self, container, layers):
        both = container(layers[:2]) + container(layers[2:])
        assert list(both) == layers
        both += container(layers[:1])
        assert list(both) == [*layers, layers[0]]

    def test_only_modules_are_taken(self, container, layers):
        with pytest.raises(TypeError, match="made of modules, got int"):
            container([3])
        held = container(layers)
        with pytest.raises(TypeError):
            held.append("relu")
        with pytest.raises(TypeError, match="iterable"):
            held.extend(3)


def test_sequential_calls_its_modules_in_order():
    network = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    x = cr.rand(5, 3)
    expected = network[2](network[1](network[0](x)))
    assert (network(x) == expected).all()


def test_an_empty_sequential_returns_its_input():
    assert nn.Sequential()(3) == 3


def test_sequential_with_names_keeps_them():
    network = nn.Sequential(OrderedDict(hidden=nn.Linear(1, 1), act=nn.ReLU()))
    assert network.hidden is network[0]
    assert list(network.state_dict()) == ["hidden.weight", "hidden.bias"]
    assert list(network[:1]._modules) == ["hidden"]


def test_a_list_of_modules_is_not_a_sequential():
    with pytest.raises(TypeError, match="made of modules, got a list"):
        nn.Sequential([nn.ReLU()])


def test_insert_into_a_sequential_checks_place_and_type(layers):
    network = nn.Sequential(*layers)
    with pytest.raises(IndexError):
        network.insert(9, nn.ReLU())
    with pytest.raises(AssertionError):
        network.insert(0, 3)
    with pytest.raises(ValueError, match="Sequential"):
        operator.add(network, [nn.ReLU()])
    with pytest.raises(ValueError, match="Sequential"):
        network += [nn.ReLU()]


def test_deleting_from_a_sequential_numbers_the_rest_anew_as_in_pytorch():
    network = nn.Sequential(OrderedDict(a=nn.Linear(1, 1), b=nn.ReLU(), c=nn.Linear(1, 1)))
    last = network.c
    del network[1]
    assert list(network._modules) == ["0", "1"]
    assert network[1] is last


def test_module_dict_reads_and_changes_like_a_dict():
    held = nn.ModuleDict({"a": nn.Linear(1, 1)})
    held["b"] = nn.ReLU()
    held.update([("c", nn.Tanh())])
    held.update(nn.ModuleDict({"a": nn.ELU()}))
    assert list(held) == list(held.keys()) == ["a", "b", "c"]
    assert [type(m).__name__ for m in held.values()] == ["ELU", "ReLU", "Tanh"]
    assert dict(held.items())["b"] is held["b"]
    assert "b" in held
    assert len(held) == 3
    assert type(held.pop("a")) is nn.ELU
    del held["b"]
    assert list(held) == ["c"]
    held.clear()
    assert not len(held)
    with pytest.raises(TypeError, match="made of modules, got int"):
        held["x"] = 3
    with pytest.raises(TypeError, match=r"ModuleDict\.update"):
        held.update(3)


def test_module_dict_registers_its_modules():
    assert list(nn.ModuleDict({"a": nn.Linear(1, 1)}).state_dict()) == ["a.weight", "a.bias"]
