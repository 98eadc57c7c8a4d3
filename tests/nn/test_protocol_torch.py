"""What modules do besides computing: state dicts, hooks and containers do the same, or fail the same, in PyTorch.

A scenario takes a library and returns what it has seen. Both must see the same, or raise errors of one type, and
give warnings of the same kinds.
"""

import warnings

import numpy as np
import pytest

import chainrule as cr

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def plain(seen):
    """Return what was seen without the types of either library."""
    if hasattr(seen, "detach"):
        return str(seen.dtype).split(".")[-1], np.asarray(seen.detach().numpy()).tolist()
    if isinstance(seen, dict):
        return {k: plain(v) for k, v in seen.items()}
    return [plain(v) for v in seen] if isinstance(seen, list | tuple) else seen


def outcome(scenario, library):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            seen = plain(scenario(library))
        except Exception as error:
            return type(error)
    return seen, [w.category for w in caught]


def agree(scenario):
    assert outcome(scenario, cr) == outcome(scenario, torch)


def network(library):
    nn = library.nn

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Linear(2, 3)
            self.again = self.first
            self.rest = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3))
            self.p = nn.Parameter(library.ones(2))
            self.register_parameter("none", None)
            self.register_buffer("kept", library.ones(2))
            self.register_buffer("left", library.zeros(1), persistent=False)

    return Network()


# ---- state dicts -----------------------------------------------------------------------------------------------

CHANGES = {
    "nothing": lambda library, state: None,
    "a missing name": lambda library, state: state.pop("p") and None,
    "missing names at all depths": lambda library, state: {"rest.1.bias": library.ones(3)},
    "names that nobody has": lambda library, state: state.update(
        {
            "x.y.z": library.ones(1),
            "first.w": library.ones(1),
            "rest.7.b": library.ones(1),
            "none": library.ones(1),
        }
    ),
    "a buffer that is not persistent": lambda library, state: state.update({"left": library.ones(1)}),
    "another shape": lambda library, state: state.update({"p": library.ones(3), "first.bias": library.ones(1)}),
    "another dtype": lambda library, state: state.update({"p": library.ones(2, dtype=library.float64)}),
    "integers": lambda library, state: state.update({"p": library.ones(2, dtype=library.int64)}),
    "a list": lambda library, state: state.update({"p": [1.0, 2.0]}),
    "a parameter": lambda library, state: state.update({"p": library.nn.Parameter(library.zeros(2))}),
    "no counts, without metadata": lambda library, state: {k: v for k, v in state.items() if "num_" not in k},
    "no counts, with metadata": lambda library, state: state.pop("rest.1.num_batches_tracked") and None,
    "something else": lambda library, state: [1],
}


@pytest.mark.parametrize("assign", [False, True])
@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("change", CHANGES)
def test_loading_a_state_dict_with(change, strict, assign):
    def scenario(library):
        model = network(library)
        state = model.state_dict()
        changed = CHANGES[change](library, state)
        keys = model.load_state_dict(state if changed is None else changed, strict, assign)
        return [list(keys.missing_keys), list(keys.unexpected_keys), repr(keys), model.p, model.p.requires_grad]

    agree(scenario)


def test_assigned_tensors_keep_their_memory_and_take_over_whether_a_gradient_is_wanted():
    def scenario(library):
        layer = library.nn.Linear(2, 1).requires_grad_(False)
        weight, bias = library.zeros(1, 2), library.nn.Parameter(library.ones(1))
        layer.load_state_dict({"weight": weight, "bias": bias}, assign=True)
        weight[0, 0] = 5.0
        return [layer.weight, layer.weight.requires_grad, layer.bias.requires_grad, layer.bias is bias]

    agree(scenario)


def test_a_number_may_have_been_saved_with_an_axis():
    def scenario(library):
        layer = library.nn.Linear(1, 1)
        layer.weight = library.nn.Parameter(library.tensor(1.0))
        layer.load_state_dict({"weight": library.ones(1) * 3, "bias": library.ones(1)})
        return layer.weight

    agree(scenario)


def test_a_state_dict_carries_the_versions_of_its_modules():
    agree(lambda library: {k: dict(v) for k, v in network(library).state_dict()._metadata.items()})


def test_modules_may_save_and_load_in_a_form_of_their_own():
    def scenario(library):
        class Own(library.nn.Module):
            def __init__(self, count):
                super().__init__()
                self.w, self.count = library.nn.Parameter(library.ones(2)), count

            def get_extra_state(self):
                return {"count": self.count}

            def set_extra_state(self, state):
                self.count = state["count"]

            def _save_to_state_dict(self, destination, prefix, keep_vars):
                super()._save_to_state_dict(destination, prefix, keep_vars)
                destination[prefix + "old"] = destination.pop(prefix + "w")

            def _load_from_state_dict(self, state_dict, prefix, *rest):
                state_dict[prefix + "w"] = state_dict.pop(prefix + "old")
                super()._load_from_state_dict(state_dict, prefix, *rest)

        one, other = (library.nn.Sequential(Own(n)) for n in (1, 2))
        state = other.state_dict()
        keys = one.load_state_dict(state)
        del state["0._extra_state"]
        return [list(state), repr(keys), one[0].count, repr(one.load_state_dict(state, strict=False))]

    agree(scenario)


@pytest.mark.parametrize("clear", [False, True])
@pytest.mark.parametrize("strict", [False, True])
def test_hooks_around_state_dicts_see_and_change_the_same(strict, clear):
    def scenario(library):
        model, seen = network(library), []

        def before(module, state, prefix, metadata, *rest):
            seen.append(["load", sorted(state), prefix, dict(metadata), *map(list, rest[1:])])
            state.pop(prefix + "bias")

        def after(module, keys):
            seen.append(repr(keys))
            if clear:
                keys.missing_keys.clear()

        model.first.register_load_state_dict_pre_hook(before)
        model.register_load_state_dict_post_hook(after)
        model.first.register_state_dict_pre_hook(lambda module, prefix, keep: seen.append([prefix, keep]))
        model.rest.register_state_dict_post_hook(lambda module, state, prefix, metadata: state.update(version=1))
        state = model.state_dict(prefix="x.")
        keys = model.load_state_dict({k[2:]: v for k, v in state.items() if k != "version"}, strict)
        return [list(state), seen, repr(keys)]

    agree(scenario)


@pytest.mark.parametrize("when", ["state_dict", "load_state_dict"])
def test_a_hook_afterwards_that_returns_something_is_an_error(when):
    def scenario(library):
        model = network(library)
        getattr(model, f"register_{when}_post_hook")(lambda *args: 3)
        return model.load_state_dict(model.state_dict())

    agree(scenario)


# ---- hooks around forward --------------------------------------------------------------------------------------


def fails(*args):
    raise KeyError("hook")


HOOKS = {
    "before": lambda m, note: m.register_forward_pre_hook(note("a")),
    "before, one prepended": lambda m, note: [
        m.register_forward_pre_hook(note(name), prepend=name == "b") for name in "ab"
    ],
    "before, changing x": lambda m, note: m.register_forward_pre_hook(note("a", 5.0)),
    "before, changing all": lambda m, note: m.register_forward_pre_hook(
        note("a", ((5.0,), {"scale": 3.0})), with_kwargs=True
    ),
    "before, changing badly": lambda m, note: m.register_forward_pre_hook(note("a", (5.0,)), with_kwargs=True),
    "after": lambda m, note: m.register_forward_hook(note("a", 7.0)),
    "after, with arguments": lambda m, note: [
        m.register_forward_hook(note("a", 7.0), with_kwargs=True),
        m.register_forward_hook(note("b"), prepend=True),
    ],
    "always": lambda m, note: [
        m.register_forward_hook(note("a")),
        m.register_forward_hook(note("b"), always_call=True),
    ],
    "always, and one fails": lambda m, note: [
        m.register_forward_hook(fails, always_call=True),
        m.register_forward_hook(note("b"), always_call=True),
    ],
    "always, and one fails before": lambda m, note: [
        m.register_forward_pre_hook(fails),
        m.register_forward_hook(note("b"), always_call=True),
    ],
    "removed": lambda m, note: m.register_forward_hook(note("a")).remove(),
}


@pytest.mark.parametrize("hooks", HOOKS)
def test_hooks_around_forward(hooks):
    def scenario(library):
        class Scale(library.nn.Module):
            def forward(self, x, scale=1.0, fail=False):
                return 1 / (0 if fail else 1) * x * scale

        seen, module = [], Scale()

        def note(name, result=None):
            return lambda module, *given: (seen.append([name, *given]), result)[1]

        HOOKS[hooks](module, note)
        for options in ({"scale": 2.0}, {"fail": True}):
            try:
                seen.append(module(1.5, **options))
            except (KeyError, ZeroDivisionError, RuntimeError) as error:
                seen.append(type(error).__name__)
        return seen

    agree(scenario)


def test_a_handle_takes_the_hook_away_at_the_end_of_a_with_statement():
    def scenario(library):
        seen, layer = [], library.nn.Identity()
        with layer.register_forward_hook(lambda *args: seen.append(1)):
            layer(1)
        layer(1)
        return seen

    agree(scenario)


# ---- containers ------------------------------------------------------------------------------------------------

NUMBERED = {
    "Sequential": lambda library, layers: library.nn.Sequential(*layers),
    "ModuleList": lambda library, layers: library.nn.ModuleList(layers),
}
CHANGED = {
    **{f"insert at {i}": lambda c, new, i=i: c.insert(i, new) for i in (0, 2, 3, 4, 10, -1, -3, -4)},
    **{f"times {n}": lambda c, new, n=n: (c * n)._modules for n in (2, 1, 0, -1, 1.5)},
    "2 times": lambda c, new: (2 * c)._modules,
    "repeated in place": lambda c, new: c.__imul__(2),
    "extended by itself": lambda c, new: c.extend(c),
    "inserted None": lambda c, new: c.insert(0, None),
}


@pytest.mark.parametrize("change", CHANGED)
@pytest.mark.parametrize("kind", ["Sequential", "ModuleList"])
def test_containers_change_alike(kind, change):
    def scenario(library):
        nn = library.nn
        container = NUMBERED[kind](library, [nn.ReLU(), nn.Tanh(), nn.Linear(1, 1)])
        result = CHANGED[change](container, nn.ELU())
        names = list(result) if isinstance(result, dict) else None
        return [list(container._modules), repr(container), names]

    agree(scenario)


def test_only_an_ordered_dict_names_the_parts_of_a_sequential():
    agree(lambda library: repr(library.nn.Sequential({"a": library.nn.ReLU()})))


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("name", ["first", "rest.0", "rest.7", "", "new", "p", "nowhere.x"])
def test_set_submodule(name, strict):
    def scenario(library):
        model = network(library)
        model.set_submodule(name, library.nn.Tanh(), strict)
        return repr(model)

    agree(scenario)


def test_names_of_what_is_registered_are_completed():
    agree(lambda library: [n in dir(network(library)) for n in ("first", "p", "kept", "nothing")])
