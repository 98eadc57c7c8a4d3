"""What every optimiser is given, and what it refuses, as PyTorch's; the numbers are in tests/conformance."""

import inspect

import pytest
from tests.optim.test_captured_steps import OPTIMIZERS

import chainrule as cr
from chainrule import optim

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


@pytest.mark.parametrize("name", [*OPTIMIZERS, "LBFGS"])
def test_arguments_have_pytorchs_names_order_and_defaults(name):
    ours, theirs = (
        [(p.name, p.kind, p.default) for p in inspect.signature(getattr(library.optim, name)).parameters.values()]
        for library in (cr, torch)
    )
    assert ours == theirs


@pytest.mark.parametrize("name", [*OPTIMIZERS, "LBFGS"])
def test_groups_and_defaults_are_pytorchs_and_print_alike(name):
    seen = []
    for library in (cr, torch):
        first = {"params": [("w", library.ones(2, requires_grad=True))], "lr": 0.5}
        optimizer = getattr(library.optim, name)([first])
        if name != "LBFGS":
            optimizer.add_param_group({"params": [("b", library.ones(1, requires_grad=True))]})
        assert optimizer.param_groups[0] is first
        options = [[(k, v) for k, v in group.items() if k != "params"] for group in optimizer.param_groups]
        seen.append((options, list(optimizer.defaults.items()), repr(optimizer)))
    assert seen[0] == seen[1]


REJECTED = [
    *((name, {"lr": -0.1}) for name in OPTIMIZERS),
    *((name, {"lr": [0.1, 0.2]}) for name in OPTIMIZERS),
    *((name, {"lr": float("nan")}) for name in OPTIMIZERS if name != "SGD"),
    *((name, {"weight_decay": -0.1}) for name in OPTIMIZERS if name != "Rprop"),
    *((name, {"eps": -0.1}) for name in OPTIMIZERS if name not in ("SGD", "Rprop", "ASGD")),
    *(
        (name, {"betas": betas})
        for name in ("Adam", "AdamW", "Adamax", "NAdam", "RAdam")
        for betas in ((1.0, 0.9), (0.9, 1.0), (-0.1, 0.9), (0.9, -0.1))
    ),
    ("Adam", {"betas": (0, 0.9)}),
    ("Adam", {"lr": [0.1], "foreach": True}),
    ("AdamW", {"lr": [0.1], "foreach": True}),
    ("SGD", {"momentum": -1}),
    ("SGD", {"nesterov": True}),
    ("SGD", {"nesterov": True, "momentum": 0.9, "dampening": 0.1}),
    ("SGD", {"fused": True, "foreach": True}),
    ("Adam", {"fused": True, "foreach": True}),
    ("Adagrad", {"fused": True, "foreach": True}),
    ("RMSprop", {"alpha": -1}),
    ("RMSprop", {"momentum": -1}),
    ("Adagrad", {"lr_decay": -1}),
    ("Adagrad", {"initial_accumulator_value": -1}),
    ("Adadelta", {"rho": 1.1}),
    ("Adadelta", {"rho": -0.1}),
    ("NAdam", {"momentum_decay": -1}),
    ("Rprop", {"etas": (1.0, 1.2)}),
    ("Rprop", {"etas": (0.5, 1.0)}),
    ("Rprop", {"etas": (0.0, 1.2)}),
    ("LBFGS", {"lr": -1}),
]


@pytest.mark.parametrize(("name", "options"), REJECTED)
def test_options_that_pytorch_rejects_are_rejected(name, options):
    def make(library):
        given = {k: library.tensor(v) if isinstance(v, list) else v for k, v in options.items()}
        return getattr(library.optim, name)([library.ones(1, requires_grad=True)], **given)

    with pytest.raises(Exception) as expected:  # noqa: PT011
        make(torch)
    with pytest.raises(expected.type, match=next(iter(options)).split("_")[0]):
        make(cr)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_options_that_are_not_covered_are_refused(name):
    known = inspect.signature(getattr(optim, name)).parameters
    for option in {"capturable", "differentiable"} & set(known):
        with pytest.raises(NotImplementedError, match=option):
            getattr(optim, name)([cr.ones(1, requires_grad=True)], **{option: True})


def bad_parameters(library):
    p, q = library.ones(1, requires_grad=True), library.ones(2, requires_grad=True)
    return {
        "a set": [{"params": {p}}],
        "a number": [p, 3.0],
        "not a leaf": [p * 2],
        "nothing": [],
        "a tensor": p,
        "some without names": [("p", p), q],
        "groups with and without names": [{"params": [("p", p)]}, {"params": [q]}],
        "in two groups": [{"params": [p]}, {"params": [p]}],
    }


@pytest.mark.parametrize("case", bad_parameters(cr))
def test_parameters_that_pytorch_rejects_are_rejected(case):
    with pytest.raises(Exception) as expected:  # noqa: PT011
        torch.optim.SGD(bad_parameters(torch)[case])
    with pytest.raises(expected.type):
        optim.SGD(bad_parameters(cr)[case])


def test_names_of_parameters_are_kept_and_loaded_as_by_pytorch():
    saved = []
    for library in (cr, torch):
        named, plain = (
            library.optim.Adam(
                [(n, library.ones(1)) for n in "ab"] if names else [library.ones(1), library.ones(1)]
            )
            for names in (True, False)
        )
        saved.append(named.state_dict()["param_groups"])
        state = plain.state_dict()
        plain.load_state_dict(named.state_dict())
        named.load_state_dict(state)
        saved.append([o.state_dict()["param_groups"] for o in (named, plain)])
    assert saved[:2] == saved[2:]


def test_decay_stays_decoupled_when_adamw_takes_over_from_adam():
    for library in (cr, torch):
        p = library.ones(1, requires_grad=True)
        optimizer = library.optim.AdamW([p])
        optimizer.load_state_dict(library.optim.Adam([p], weight_decay=0.1).state_dict())
        assert optimizer.param_groups[0]["decoupled_weight_decay"]
        assert optimizer.param_groups[0]["weight_decay"] == 0.1
