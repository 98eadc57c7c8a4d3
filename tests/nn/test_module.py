import copy
import pickle

import numpy as np
import pytest

from chainrule import creation as cr
from chainrule import nn
from chainrule.autograd import no_grad
from chainrule.tensor import Tensor


class Branching(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 4)
        self.second = nn.Sequential(nn.ReLU(), nn.Linear(4, 2))
        self.scale = nn.Parameter([2.0])
        self.register_buffer("offset", cr.ones(1))
        self.register_buffer("scratch", cr.zeros(1), persistent=False)

    def forward(self, x):
        return self.second(self.first(x)) * self.scale + self.offset


NAMES = ["scale", "first.weight", "first.bias", "second.1.weight", "second.1.bias"]


def test_parameters_come_in_the_order_of_registration_own_ones_first():
    assert [name for name, _ in Branching().named_parameters()] == NAMES


def test_state_dict_holds_persistent_buffers_only():
    state = Branching().state_dict()
    assert list(state) == ["scale", "offset", *NAMES[1:]]


def test_state_dict_shares_memory_and_requires_no_gradient():
    network = Branching()
    state = network.state_dict()
    assert state["scale"].array is network.scale.array
    assert not state["scale"].requires_grad
    assert network.state_dict(keep_vars=True)["scale"] is network.scale


def test_state_dict_takes_a_prefix_and_a_destination():
    destination = {"already": 1}
    returned = nn.Linear(1, 1).state_dict(destination=destination, prefix="layer.")
    assert returned is destination
    assert list(destination) == ["already", "layer.weight", "layer.bias"]


def test_parameters_before_init_are_refused():
    class Wrong(nn.Module):
        def __init__(self):
            self.weight = nn.Parameter([1.0])

    with pytest.raises(AttributeError, match=r"super\(\).__init__"):
        Wrong()


def test_modules_before_init_are_refused():
    class Wrong(nn.Module):
        def __init__(self):
            self.layer = nn.ReLU()

    with pytest.raises(AttributeError, match="cannot assign module before"):
        Wrong()


def test_a_plain_tensor_does_not_replace_a_parameter():
    layer = nn.Linear(2, 2)
    with pytest.raises(TypeError, match="'Tensor' as parameter 'weight'"):
        layer.weight = cr.ones(2, 2)


def test_none_replaces_a_parameter_and_a_child_and_a_buffer():
    network = Branching()
    network.scale = network.first = network.offset = None
    assert network.scale is network.first is network.offset is None
    assert list(network.state_dict()) == NAMES[3:]
    network.scale = nn.Parameter([1.0])
    assert "scale" in network.state_dict()


def test_a_buffer_is_replaced_by_a_tensor_and_stays_a_buffer():
    network = Branching()
    network.offset = cr.zeros(1)
    assert dict(network.named_buffers())["offset"] is network.offset
    with pytest.raises(TypeError, match="buffer 'offset'"):
        network.offset = 3


def test_a_module_takes_the_place_of_an_attribute_but_not_of_a_parameter():
    network = Branching()
    network.choice = "none"
    network.choice = nn.ReLU()
    assert "choice" in dict(network.named_children())
    with pytest.raises(TypeError, match="parameter 'scale'"):
        network.scale = nn.ReLU()


def test_a_parameter_takes_the_place_of_a_buffer():
    network = Branching()
    network.scratch = nn.Parameter([1.0])
    assert "scratch" in dict(network.named_parameters())
    assert "scratch" not in dict(network.named_buffers())
    assert "scratch" in network.state_dict()


def test_del_takes_away_what_was_registered():
    network = Branching()
    del network.first, network.scale, network.offset
    assert list(network.state_dict()) == NAMES[3:]
    with pytest.raises(AttributeError, match="'Branching' object has no attribute 'first'"):
        _ = network.first


@pytest.mark.parametrize(
    ("name", "error"), [("a.b", KeyError), ("", KeyError), ("forward", KeyError), (3, TypeError)]
)
def test_names_that_cannot_be_registered(name, error):
    module = nn.Module()
    with pytest.raises(error):
        module.register_parameter(name, nn.Parameter([1.0]))
    with pytest.raises(error):
        module.register_buffer(name, cr.ones(1))
    with pytest.raises(error):
        module.add_module(name, nn.ReLU())


def test_things_that_cannot_be_registered():
    module = nn.Module()
    with pytest.raises(TypeError, match="Parameter or None"):
        module.register_parameter("p", cr.ones(1))
    with pytest.raises(TypeError, match="Tensor or None"):
        module.register_buffer("b", [1.0])
    with pytest.raises(TypeError, match="made of modules, got int"):
        module.add_module("m", 3)


def test_a_shared_parameter_is_listed_once_and_saved_under_both_names():
    network = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    network[1].weight = network[0].weight
    assert [name for name, _ in network.named_parameters()] == ["0.weight", "0.bias", "1.bias"]
    assert "1.weight" in dict(network.named_parameters(remove_duplicate=False))
    assert list(network.state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]


def test_a_module_used_twice_is_listed_once():
    layer = nn.ReLU()
    network = nn.Sequential(layer, layer)
    assert len(list(network.modules())) == 2
    assert len(list(network.children())) == 1
    assert [name for name, _ in network.named_modules(remove_duplicate=False)] == ["", "0", "1"]


def test_recurse_false_leaves_out_what_is_below():
    assert [name for name, _ in Branching().named_parameters(prefix="net", recurse=False)] == ["net.scale"]
    assert len(list(Branching().buffers(recurse=False))) == 2


def test_members_by_dotted_names():
    network = Branching()
    assert network.get_submodule("second.1") is network.second[1]
    assert network.get_submodule("") is network
    assert network.get_parameter("second.1.bias") is network.second[1].bias
    assert network.get_buffer("offset") is network.offset
    for wrong in ("second.7", "nothing", "scale.x"):
        with pytest.raises(AttributeError):
            network.get_submodule(wrong)
    with pytest.raises(AttributeError, match="is not a Parameter"):
        network.get_parameter("offset")
    with pytest.raises(AttributeError, match="is not a buffer"):
        network.get_buffer("scale")


def test_train_and_eval_reach_everything_below():
    network = Branching()
    assert network.eval() is network
    assert not any(m.training for m in network.modules())
    network.train()
    assert all(m.training for m in network.modules())
    with pytest.raises(ValueError, match="boolean"):
        network.train("yes")


def test_apply_visits_children_first():
    seen = []
    nn.Sequential(nn.Linear(1, 1), nn.ReLU()).apply(lambda m: seen.append(type(m).__name__))
    assert seen == ["Linear", "ReLU", "Sequential"]


def test_requires_grad_of_all_parameters():
    network = Branching().requires_grad_(False)
    assert not any(p.requires_grad for p in network.parameters())
    assert network(cr.ones(1, 3)).is_leaf


def test_zero_grad_makes_none_or_zeros():
    network = Branching()
    network(cr.ones(1, 3)).sum().backward()
    network.zero_grad(set_to_none=False)
    assert all((p.grad.array == 0).all() for p in network.parameters())
    network.zero_grad()
    assert all(p.grad is None for p in network.parameters())


def test_zero_grad_keeps_the_memory_of_gradients_that_nobody_saw():
    network = nn.Linear(2, 2)
    network(cr.ones(1, 2)).sum().backward()
    memory = network.weight._grad.array
    network.zero_grad()
    network(cr.ones(1, 2)).sum().backward()
    assert network.weight._grad.array is memory


def test_double_changes_parameters_and_floating_buffers_in_place():
    network = nn.BatchNorm1d(2)
    weight = network.weight
    network([[1.0, 2.0], [3.0, 4.0]]).sum().backward()
    network.double()
    assert network.weight is weight
    assert weight.dtype == weight.grad.dtype == network.running_var.dtype == np.float64
    assert network.num_batches_tracked.dtype == np.int64
    assert network.to("cpu").float().weight.dtype == np.float32


def test_to_keeps_memory_where_the_dtype_is_the_same():
    network = nn.Linear(2, 2)
    before = network.weight.array
    assert network.to("cpu", np.float32).float().cpu().weight.array is before


def test_to_refuses_other_devices_and_integer_dtypes():
    with pytest.raises(RuntimeError, match="CPU alone"):
        nn.Linear(1, 1).to("cuda")
    with pytest.raises(RuntimeError, match="CPU alone"):
        nn.Linear(1, 1, device="mps")
    with pytest.raises(TypeError, match="floating-point dtype, got int64"):
        nn.Linear(1, 1).to(np.int64)


def test_load_state_dict_copies_into_the_memory_that_is_there():
    network = nn.Linear(2, 1)
    memory = network.weight.array
    alias = memory[0]
    loaded = network.load_state_dict({"weight": np.array([[1.0, 2.0]]), "bias": Tensor([3.0])})
    assert repr(loaded) == "<All keys matched successfully>"
    assert network.weight.array is memory
    assert alias.tolist() == [1.0, 2.0]
    assert network.weight.dtype == np.float32


def test_load_state_dict_lists_everything_that_does_not_fit():
    with pytest.raises(RuntimeError) as raised:
        nn.Linear(2, 2).load_state_dict({"weight": np.zeros((2, 3)), "extra": np.zeros(1)})
    assert str(raised.value).split("\n\t") == [
        "Error(s) in loading state_dict for Linear:",
        'Missing key(s) in state_dict: "bias". ',
        'Unexpected key(s) in state_dict: "extra". ',
        "size mismatch for weight: copying a param with shape chainrule.Size([2, 3]) from checkpoint, "
        "the shape in current model is chainrule.Size([2, 2]).",
    ]


def test_load_state_dict_that_is_not_strict_reports_names_and_still_refuses_shapes():
    network = nn.Linear(2, 2)
    missing, unexpected = network.load_state_dict({"weight": np.ones((2, 2)), "x": 1}, strict=False)
    assert (missing, unexpected) == (["bias"], ["x"])
    with pytest.raises(RuntimeError, match="size mismatch for weight"):
        network.load_state_dict({"weight": np.ones(2)}, strict=False)


def test_load_state_dict_refuses_what_is_not_a_tensor():
    with pytest.raises(RuntimeError, match='parameter named "bias", expected a tensor or an array, got list'):
        nn.Linear(1, 1).load_state_dict({"weight": np.ones((1, 1)), "bias": [1.0]})
    with pytest.raises(TypeError, match="dict-like"):
        nn.Linear(1, 1).load_state_dict([1])


def test_state_dict_survives_a_round_trip():
    source, target = Branching(), Branching()
    target.load_state_dict(source.state_dict())
    x = cr.ones(2, 3)
    assert np.array_equal(source(x).array, target(x).array)


def test_forward_hooks_see_and_replace_the_output():
    layer, seen = nn.ReLU(), []
    first = layer.register_forward_hook(lambda m, args, out: seen.append((m, args[0].item(), out.item())))
    second = layer.register_forward_hook(lambda m, args, out: out * 10)
    assert layer(Tensor([2.0])).item() == 20
    assert seen == [(layer, 2.0, 2.0)]
    first.remove()
    first.remove()
    second.remove()
    assert layer(Tensor([2.0])).item() == 2
    assert len(seen) == 1


def test_forward_pre_hooks_replace_the_arguments():
    layer = nn.ReLU()
    handle = layer.register_forward_pre_hook(lambda m, args: args[0] + 1)
    assert layer(Tensor([2.0])).item() == 3
    handle.remove()
    layer.register_forward_pre_hook(lambda m, args: (args[0] * 2,))
    assert layer(Tensor([2.0])).item() == 4


def test_a_module_without_forward_says_so():
    with pytest.raises(NotImplementedError, match='missing the required "forward"'):
        nn.ModuleList()(1)


def test_deepcopy_is_independent_and_keeps_sharing():
    network = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    network[1].weight = network[0].weight
    network(cr.ones(1, 2)).sum().backward()
    twin = copy.deepcopy(network)
    assert twin[1].weight is twin[0].weight
    assert isinstance(twin[0].weight, nn.Parameter)
    assert twin[0].weight.grad is None
    with no_grad():
        twin[0].weight.zero_()
    assert (network[0].weight.array != 0).any()


def test_pickle_keeps_values_sharing_and_mode():
    network = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2), nn.BatchNorm1d(2)).eval()
    network[1].weight = network[0].weight
    twin = pickle.loads(pickle.dumps(network))
    assert twin[1].weight is twin[0].weight
    assert not twin.training
    x = cr.ones(3, 2)
    assert np.array_equal(twin(x).array, network(x).array)
    assert all(p.requires_grad for p in twin.parameters())


def test_parameter_shares_memory_and_refuses_integers():
    data = np.ones(2, np.float32)
    assert nn.Parameter(data).array is data
    assert not nn.Parameter(data, requires_grad=False).requires_grad
    assert nn.Parameter().shape == (0,)
    with pytest.raises(RuntimeError, match="floating-point"):
        nn.Parameter([1, 2])


def test_parameters_are_leaves_that_gradients_reach():
    p = nn.Parameter([1.0, 2.0])
    (p * 3).sum().backward()
    assert p.is_leaf
    assert p.grad.tolist() == [3.0, 3.0]
    assert type(p * 3) is Tensor


def test_methods_of_several_lines_in_repr_are_indented():
    class Talkative(nn.Module):
        def extra_repr(self):
            return "one\ntwo"

    assert repr(nn.Sequential(Talkative())) == "Sequential(\n  (0): Talkative(\n    one\n    two\n  )\n)"
