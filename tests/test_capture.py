"""A captured function gives what the function itself gives, to the last bit, or an error that says why not."""

import copy
import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import chainrule as cr
from chainrule import nn, optim
from chainrule.nn import functional as F

drawn = settings(
    max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)

LAYERS = {
    "relu": nn.ReLU,
    "relu in place": lambda: nn.ReLU(inplace=True),
    "leaky": nn.LeakyReLU,
    "elu": nn.ELU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "gelu": nn.GELU,
    "mish": nn.Mish,
    "selu": nn.SELU,
    "hardswish": nn.Hardswish,
    "rrelu": nn.RReLU,
    "prelu": nn.PReLU,
    "alpha dropout": lambda: nn.AlphaDropout(0.3),
    "dropout": lambda: nn.Dropout(0.3),
    "dropout in place": lambda: nn.Dropout(0.3, inplace=True),
    "softmax": lambda: nn.Softmax(dim=1),
    "log-softmax": lambda: nn.LogSoftmax(dim=1),
    "batch norm": None,
    "linear": None,
    "residual": None,
}

OPTIMIZERS = {
    "sgd": lambda p: optim.SGD(p, lr=0.1),
    "momentum": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01),
    "nesterov": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "adam": lambda p: optim.Adam(p, lr=0.01),
    "amsgrad": lambda p: optim.Adam(p, lr=0.01, amsgrad=True, weight_decay=0.1),
    "adamw": lambda p: optim.AdamW(p, lr=0.01),
    "rmsprop": lambda p: optim.RMSprop(p, lr=0.01, momentum=0.9, centered=True),
    "adagrad": lambda p: optim.Adagrad(p, lr=0.01, lr_decay=0.1),
    "adadelta": lambda p: optim.Adadelta(p),
    "adamax": lambda p: optim.Adamax(p, lr=0.01),
    "nadam": lambda p: optim.NAdam(p, lr=0.01),
    "radam": lambda p: optim.RAdam(p, lr=0.01),
    "rprop": lambda p: optim.Rprop(p, lr=0.01),
    "asgd": lambda p: optim.ASGD(p, lr=0.01, t0=3),
}

CLASSES = 4

LOSSES = {
    "cross-entropy": (nn.CrossEntropyLoss, "classes"),
    "weighted": (lambda: nn.CrossEntropyLoss(cr.arange(1.0, 5.0), label_smoothing=0.1), "classes"),
    "ignoring": (lambda: nn.CrossEntropyLoss(ignore_index=1, reduction="sum"), "classes"),
    "probabilities": (nn.CrossEntropyLoss, "probabilities"),
    "nll": (lambda: nn.NLLLoss(cr.arange(1.0, 5.0)), "classes"),
    "mse": (nn.MSELoss, "probabilities"),
    "l1": (nn.L1Loss, "probabilities"),
    "huber": (nn.HuberLoss, "probabilities"),
    "margins": (nn.MultiMarginLoss, "classes"),
    "divergence": (lambda: nn.KLDivLoss(reduction="batchmean"), "probabilities"),
    "bce with logits": (lambda: nn.BCEWithLogitsLoss(pos_weight=cr.arange(1.0, 5.0)), "probabilities"),
    "by hand": (lambda: lambda z, y: -(z.log_softmax(1)[np.arange(len(y)), y]).mean(), "classes"),
    "a mask": (lambda: lambda z, y: cr.where(z > y, (z - y) ** 2, abs(z - y)).sum() / 3, "probabilities"),
}


class Residual(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.inner = nn.Linear(width, width)

    def forward(self, x):
        h = self.inner(x)
        h += x  # changed in place
        return h * 0.5 + x


class Network(nn.Module):
    """Layers by name between two linear ones; the last is used twice, so that gradients add up."""

    def __init__(self, names, width, dtype):
        super().__init__()
        special = {
            "batch norm": lambda: nn.BatchNorm1d(width),
            "linear": lambda: nn.Linear(width, width),
            "residual": lambda: Residual(width),
        }
        layers = [(special.get(name) or LAYERS[name])() for name in names]
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(6, width), *layers)
        self.head = nn.Linear(width, CLASSES)
        self.to(dtype)

    def forward(self, x):
        h = self.body(x)
        return self.head(h) + 0.5 * self.head(h * 2)


def bits(tensor):
    return tensor.detach().numpy().tobytes()


def batch(rng, rows, kind, dtype):
    x = cr.from_numpy(rng.standard_normal((rows, 2, 3)).astype(str(dtype)))
    if kind == "classes":
        return x, cr.from_numpy(rng.integers(0, CLASSES, rows))
    return x, cr.from_numpy(rng.dirichlet(np.ones(CLASSES), rows).astype(str(dtype)))


def make_step(names, loss, optimizer, dtype, clip, scheduled, seed):
    cr.manual_seed(seed)
    model = Network(names, 5, dtype)
    loss_fn = LOSSES[loss][0]()
    if isinstance(loss_fn, nn.Module):
        loss_fn.to(dtype)
    opt = OPTIMIZERS[optimizer](model.parameters())
    scheduler = optim.lr_scheduler.ExponentialLR(opt, 0.9)

    def step(x, y):
        pred = model(x)
        value = loss_fn(pred, y)
        value.backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), 0.5) if clip else None
        opt.step()
        opt.zero_grad()
        if scheduled:
            scheduler.step()
        return value, {"pred": pred, "norm": norm}, (pred.argmax(1), [pred > 0])

    return model, opt, step


@drawn
@given(
    names=st.lists(st.sampled_from(sorted(LAYERS)), max_size=4),
    loss=st.sampled_from(sorted(LOSSES)),
    optimizer=st.sampled_from(sorted(OPTIMIZERS)),
    dtype=st.sampled_from([cr.float32, cr.float64]),
    sizes=st.lists(st.sampled_from([2, 3, 8]), min_size=2, max_size=6),
    clip=st.booleans(),
    scheduled=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_a_captured_training_step_is_the_step_itself_to_the_bit(
    names, loss, optimizer, dtype, sizes, clip, scheduled, seed
):
    rng = np.random.default_rng(seed)
    batches = [batch(rng, rows, LOSSES[loss][1], dtype) for rows in [*sizes, *sizes]]
    seen = []
    for captured in (False, True):
        model, opt, step = make_step(names, loss, optimizer, dtype, clip, scheduled, seed)
        if captured:
            step = cr.capture(step)
        results = [step(x, y) for x, y in batches]
        flat = [(v, d["pred"], *([d["norm"]] if clip else []), a, m) for v, d, (a, [m]) in results]
        state = [*model.state_dict().values(), *(t for e in opt.state.values() for t in e.values())]
        seen.append(([bits(t) for row in flat for t in row], [bits(t) for t in state], cr.rand(1).item()))
    assert seen[0] == seen[1]


UNARY = """exp log sqrt square sin cos tanh sigmoid relu abs neg sign round isnan isfinite logical_not sum mean var
std prod amax amin argmax argmin any all norm flatten t clone detach float double long bool contiguous squeeze"""
BINARY = "add sub mul div pow eq ne lt le gt ge maximum minimum matmul"
FUNCTIONS = {
    **{name: lambda x, w, name=name: getattr(x, name)() for name in UNARY.split()},
    **{name: lambda x, w, name=name: getattr(x, name)(w) for name in BINARY.split()},
    **{f"{name} of a number": lambda x, w, name=name: getattr(x, name)(2) for name in BINARY.split()[:-3]},
    "softmax": lambda x, w: x.softmax(0) + x.log_softmax(1),
    "max along": lambda x, w: tuple(x.max(1)) + tuple(x.min(0)),
    "argsort": lambda x, w: (x.argsort(0), x.argsort(1, descending=True)),
    "cumsum": lambda x, w: x.cumsum(1),
    "logsumexp": lambda x, w: x.logsumexp(1),
    "clip": lambda x, w: (x.clip(0.2, 0.8), x.clip(w - 0.1, w + 0.1)),
    "floor division": lambda x, w: (x * 10) // 3 + (x * 10) % 3,
    "logic": lambda x, w: ((x > 0.5) & (w > 0.5) | ~(x > w)) ^ (x < 0.3),
    "where": lambda x, w: cr.where(x > w, x, 0.0) + w.masked_fill(x > 0.5, 7.0),
    "shapes": lambda x, w: (x.reshape(-1), x.T, x.unsqueeze(0), x[None].expand(2, -1, -1), x.permute(1, 0)),
    "slices": lambda x, w: (x[1:], x[0, 1], x[..., -1], *x.split(2)),
    "positions": lambda x, w: x[w.argmax(1), x.argmin(0)],
    "a mask from outside as an index": lambda x, w: x[_mask],
    "a position": lambda x, w: x[w.argmax() % 3],
    "gather": lambda x, w: x.gather(1, w.argsort(1)),
    "joined": lambda x, w: (cr.stack([x, w]), cr.cat([x, w * 2], dim=1)),
    "one-hot": lambda x, w: F.one_hot(x.argmax(1), 3),
    "in place": lambda x, w: (x * 1).add_(w).mul_(2).clamp_(0.1, 1.0),
    "elements set": lambda x, w: _with_elements_set(x, w),
    "new tensors": lambda x, w: _summed_in_place(x, w),
    "random numbers": lambda x, w: (cr.rand(2, 2), cr.randn(3), cr.randint(9, (2,)), cr.randperm(4)),
    "noise": lambda x, w: x + cr.rand_like(x) - cr.randn_like(w),
    "drawn in place": lambda x, w: cr.empty(3).uniform_(1, 2) + cr.empty(3).normal_() * cr.zeros(3).bernoulli_(),
    "dropout": lambda x, w: (F.dropout(x, 0.5), F.dropout(x, 1.0), F.dropout(x, 0.0)),
    "losses": lambda x, w: (F.mse_loss(x, w), F.l1_loss(x, w), F.binary_cross_entropy(x, w)),
    "operators in place": lambda x, w: (x * w).__ipow__(2).__imod__(3).__ifloordiv__(0.5),
    "operands": lambda x, w: (2 - x, 1 / x, 2**x, -x, abs(w), +x),
}


_mask = cr.eye(3) > 0


def _with_elements_set(x, w):
    y = x * 2
    y[0] = w[1]
    y[:, 1] = 5.0
    return y


def _summed_in_place(x, w):
    total = cr.zeros(3)
    for row in (x, w):
        total += row.sum(0)
    return total, cr.full((2,), 3.0), cr.arange(3), cr.eye(2), cr.tensor([1.0, 2.0])


def _tensors(result):
    if isinstance(result, cr.Tensor):
        return [result]
    return [t for part in result for t in _tensors(part)]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_of_tensors_sees_the_values_of_each_call(name):
    function = FUNCTIONS[name]
    captured = cr.capture(function)
    rng = np.random.default_rng(0)
    for seed in range(4):
        x, w = (cr.from_numpy(rng.uniform(0.01, 0.99, (3, 3)).astype(np.float32)) for _ in range(2))
        cr.manual_seed(seed)
        expected = _tensors(function(x, w))
        cr.manual_seed(seed)
        got = _tensors(captured(x, w))
        assert [(t.dtype, t.shape, bits(t)) for t in got] == [(t.dtype, t.shape, bits(t)) for t in expected]


def test_a_tensor_from_outside_is_drawn_anew_by_every_replay():
    seen = []
    for wrap in (lambda step: step, cr.capture):
        cr.manual_seed(0)
        noise, mask, weight = cr.zeros(3, 2).T, cr.zeros(3), cr.zeros(4, 3)

        @wrap
        def step(x, noise=noise, mask=mask, weight=weight):
            noise.uniform_(1, 2)
            mask.bernoulli_(x)
            nn.init.xavier_normal_(weight)
            return noise * mask, weight.sum()

        seen.append([bits(t) for p in (0.5, 0.5, 0.5, 0.1, 0.9) for t in step(cr.full((3,), p))])
    assert seen[0] == seen[1]


def test_a_view_that_was_changed_with_a_gradient_before_the_step_can_be_read_in_it():
    x = cr.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    v, w = y[:1], y[1:]
    v.mul_(3)
    step = cr.capture(lambda z: v * z + w)
    assert [step(cr.full((1,), z)).tolist() for z in (1.0, 2.0, 3.0)] == [[10.0], [16.0], [22.0]]


def test_training_and_evaluation_mode_are_recorded_apart():
    cr.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5))
    predict = cr.capture(model)
    x = cr.rand(5, 3)
    for training in (True, False, True, False):
        model.train(training)
        state, buffers = cr.get_rng_state(), {k: v.clone() for k, v in model.state_dict().items()}
        expected = model(x)
        cr.set_rng_state(state)
        model.load_state_dict(buffers)
        assert bits(predict(x)) == bits(expected)
    assert predict.recorded(x)


def test_results_and_arguments_belong_to_the_caller():
    model = nn.Linear(3, 2)
    predict = cr.capture(lambda x: (x, model(x).relu(), model.weight))
    x = np.ones((4, 3), np.float32)
    first = predict(x)
    kept = [t.numpy().copy() for t in first]
    second = predict(x * 2)
    third = predict(x * 3)
    for result in (first, second, third):
        for t in result:
            assert not t.requires_grad
    assert all((t.numpy() == k).all() for t, k in zip(first, kept, strict=True))
    arrays = [t.numpy() for result in (first, second, third) for t in result] + [x, model.weight.detach().numpy()]
    for i, a in enumerate(arrays):
        assert not any(np.may_share_memory(a, b) for b in arrays[:i])


def test_what_a_function_keeps_of_its_first_calls_is_not_overwritten_by_replays():
    kept = []
    double = cr.capture(lambda x: kept.append(x * 2) or kept[-1] + 1)
    for value in (1.0, 2.0, 3.0, 4.0):
        double(cr.full((3,), value))
    assert [t.tolist() for t in kept] == [[2, 2, 2], [4, 4, 4]]


def test_a_parameter_that_is_frozen_or_replaced_later_is_noticed():
    model = nn.Linear(2, 1)
    opt = optim.SGD(model.parameters(), lr=1.0)

    @cr.capture
    def step(x):
        loss = model(x).sum()
        loss.backward()
        opt.step()
        opt.zero_grad()
        return loss

    x = cr.ones(1, 2)
    step(x)
    model.weight.requires_grad = False
    before = bits(model.weight)
    step(x)
    assert bits(model.weight) == before
    model.load_state_dict({"weight": cr.ones(1, 2), "bias": cr.zeros(1)})
    assert step(x).item() == 2
    optim.SGD(model.parameters(), lr=1.0)  # which moves the parameters to other memory
    model.bias.data = cr.full((1,), 5.0)
    assert step(x).item() == 7


def test_gradients_left_by_a_step_accumulate_as_without_capture():
    x = cr.ones(2, 3)
    seen = []
    for wrap in (lambda f: f, cr.capture):
        cr.manual_seed(0)
        model = nn.Linear(3, 2)

        def step(x, model=model):
            model(x).square().sum().backward()
            return model.weight.grad.norm()

        step = wrap(step)
        norms = [step(x).item() for _ in range(4)]
        held = model.weight.grad
        model.zero_grad()
        norms.append(step(x * 2).item())
        seen.append((norms, bits(held), bits(model.weight.grad)))
    assert seen[0] == seen[1]


def test_a_graph_walked_twice_and_a_gradient_given_are_captured():
    seen = []
    for wrap in (lambda f: f, cr.capture):
        w = cr.tensor([1.0, 2.0], requires_grad=True)

        def step(x, w=w):
            y = w * x
            y.backward(x + 1, retain_graph=True)
            y.backward(x)
            grad = w.grad * 1
            w.grad = None
            return grad

        step = wrap(step)
        seen.append([step(cr.tensor([a, 3.0])).tolist() for a in (1.0, 2.0, 3.0)])
    assert seen[0] == seen[1]
    with pytest.raises(RuntimeError, match="before, and what its operations held was freed"):
        cr.capture(lambda x: [y := w * x, y.sum().backward(), y.sum().backward()])(cr.ones(2))


def test_a_captured_function_inside_another_is_a_part_of_it():
    inner = cr.capture(lambda x: x * 2)
    outer = cr.capture(lambda x: inner(x) + 1)
    assert [outer(cr.tensor([v])).item() for v in (1.0, 2.0)] == [3, 5]


def test_a_method_is_captured_for_each_object():
    class Scale:
        def __init__(self, factor):
            self.factor = factor

        @cr.capture
        def times(self, x):
            return x * self.factor

    assert [Scale(f).times(cr.ones(1)).item() for f in (2.0, 3.0)] == [2, 3]


def test_arguments_that_are_no_tensors_are_recorded_by_value():
    scale = cr.capture(lambda x, factor, *, shift=0.0: x * factor + shift)
    x = cr.ones(1)
    assert [scale(x, 2).item(), scale(x, 3).item(), scale(x, 2, shift=1.0).item(), scale(x, 2).item()] == [
        2,
        3,
        3,
        2,
    ]


def test_only_so_many_recordings_are_kept():
    double = cr.capture(lambda x: x * 2)
    for n in range(1, 40):
        assert double(cr.ones(n)).sum().item() == 2 * n
    assert not double.recorded(cr.ones(1))
    assert not double.recorded(cr.ones(39))
    double(cr.ones(39))
    assert double.recorded(cr.ones(39))


def test_errors_of_a_replay_are_those_of_the_function():
    loss = cr.capture(nn.CrossEntropyLoss())
    z = cr.zeros(2, 3)
    assert loss(z, [0, 1][:0] or cr.tensor([0, 1])).item() > 0
    with pytest.raises(IndexError, match="target 7 is out of bounds"):
        loss(z, cr.tensor([0, 7]))
    bce = cr.capture(nn.BCELoss())
    bce(cr.rand(2), cr.zeros(2))
    with pytest.raises(RuntimeError, match="between 0 and 1"):
        bce(cr.full((2,), 2.0), cr.zeros(2))
    pick = cr.capture(lambda x, i: x.gather(0, i))
    pick(cr.ones(2), cr.tensor([0]))
    with pytest.raises(RuntimeError, match="expected indices from 0 to 1"):
        pick(cr.ones(2), cr.tensor([-1]))


_outside = cr.ones(3)
_parameter = nn.Parameter(cr.ones(3))
_before = (_parameter * 2).sum()
_hooked = nn.Linear(3, 3)
_hooked.register_forward_hook(lambda *_: None)

REFUSED = {
    "item": (lambda x: x.sum().item(), "reads the values of a tensor"),
    "truth": (lambda x: x if x.sum() > 0 else -x, "reads the values"),
    "float": (lambda x: x * float(x.sum()), "reads the values"),
    "asarray": (lambda x: x * np.asarray(x).mean(), "reads the values"),
    "tolist": (lambda x: cr.tensor(x.tolist()), "reads the values"),
    "list of tensors": (lambda x: cr.tensor([x.sum(), x.mean()]), "reads the values"),
    "contains": (lambda x: x if 1.0 in x else -x, "reads the values"),
    "allclose": (lambda x: x if cr.allclose(x, x) else -x, "reads the values"),
    "numpy numbers": (lambda x: x + np.random.default_rng().random(3), "takes an array"),
    "argument in place": (lambda x: x.add_(1), "changes its argument in place"),
    "argument's view in place": (lambda x: x.detach().add_(1), "in place"),
    "view in place": (lambda x: (x * 2)[1:].add_(1), "views"),
    "viewed in place": (lambda x: [y := x * 2, y[1:], y.add_(1)][-1], "views"),
    "constant in place": (lambda x: cr.as_tensor([1.0, 2.0, 3.0]).add_(x), "constant"),
    "gradient written outside": (lambda x: _outside.add_(_parameter * x), "has a gradient"),
    "hooks": (lambda x: _hooked(x), "hooks"),
    "returns a number": (lambda x: (x, 1.0), "returns float"),
    "sets requires_grad": (lambda x: (x * 2).requires_grad_(), "switches gradients"),
    "retains a gradient": (lambda x: (_parameter * x).retain_grad(), "retains a gradient"),
    "sets a gradient": (lambda x: setattr(_parameter, "grad", x), "sets a gradient"),
    "graph from before": (lambda x: (_before * x.sum()).backward(), "before the step"),
    "positions set": (lambda x: (x * 1).__setitem__(cr.tensor([0, 1]), 1.0), "positions of a tensor"),
    "computed class weights": (
        lambda x: F.nll_loss(x[None], cr.zeros(1).long(), weight=x.exp()),
        "computes weight",
    ),
    "classes unknown": (lambda x: F.one_hot(x.long()), "give num_classes"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_replay_could_not_do_is_refused_by_name(name):
    function, why = REFUSED[name]
    with pytest.raises(cr.CaptureError, match=why):
        cr.capture(function)(cr.ones(3))
    assert cr.ones(1).item() == 1  # nothing is left listening


def test_an_argument_that_requires_a_gradient_is_refused():
    with pytest.raises(cr.CaptureError, match="requires a gradient"):
        cr.capture(lambda x: x * 2)(cr.ones(2, requires_grad=True))


def test_what_is_no_function_and_what_has_no_hash_are_refused():
    with pytest.raises(TypeError, match="expected a function, got int"):
        cr.capture(3)
    with pytest.raises(TypeError, match="set"):
        cr.capture(lambda x, y: x)(cr.ones(1), {1, 2})


def test_a_leaf_that_requires_a_gradient_is_not_changed_in_place_with_recording_on():
    with pytest.raises(RuntimeError, match="do it under no_grad"):
        cr.capture(lambda x: _parameter.add_(x))(cr.ones(3))
    p = nn.Parameter(cr.zeros(2))

    @cr.capture
    def decay(x):
        with cr.no_grad():
            p.add_(x)

    for _ in range(3):
        decay(cr.ones(2))
    assert p.tolist() == [3, 3]


# ---- programs that a replay could get wrong ---------------------------------------------------------------------


def compared(make, calls=6):
    """Run a program with and without capture and compare all that it returns, to the bit."""
    seen = []
    for wrap in (lambda f: f, cr.capture):
        cr.manual_seed(0)
        step = make(wrap)
        seen.append([bits(t) for i in range(calls) for t in _tensors(step(cr.full((2, 3), 0.5 + i)))])
    assert seen[0] == seen[1]


def _model_step(wrap, body, model=None):
    model = model or nn.Linear(3, 2)
    opt = optim.SGD(model.parameters(), lr=0.01)

    def step(x):
        model(x).square().sum().backward()
        result = body(model, x)
        opt.step()
        opt.zero_grad()
        return result if result is not None else model.weight

    return wrap(step)


def test_an_iterator_of_parameters_is_read_at_every_replay():
    def body(model, x):
        nn.utils.clip_grad_norm_(parameters=model.parameters(), max_norm=0.1)

    compared(lambda wrap: _model_step(wrap, body))


def test_a_computed_loss_given_to_a_schedule_by_name_is_the_one_of_the_replay():
    def make(wrap):
        p = nn.Parameter(cr.ones(3))
        opt = optim.SGD([p], lr=0.1)
        schedule = optim.lr_scheduler.ReduceLROnPlateau(opt, patience=1)

        def step(x):
            loss = (p * x).square().mean()
            loss.backward()
            opt.step()
            opt.zero_grad()
            schedule.step(metrics=loss)
            return p

        return wrap(step)

    compared(make)


def test_gradients_read_twice_in_a_step_are_two():
    def make(wrap):
        w = nn.Parameter(cr.ones(3))

        def step(x):
            (w * x).square().sum().backward()
            first = w.grad
            w.grad = None
            (w * x).sum().backward()
            second = w.grad
            w.grad = None
            return first - second, first * second

        return wrap(step)

    compared(make)


def test_an_optimizer_with_a_step_of_its_own_steps_at_every_replay():
    class Halving(optim.SGD):
        def step(self, closure=None):
            with cr.no_grad():
                for p in self.param_groups[0]["params"]:
                    p.mul_(0.5)

    def make(wrap):
        p = nn.Parameter(cr.ones(3))
        opt = Halving([p], lr=1.0)
        return wrap(lambda x: ((p * x).sum().backward(), opt.step(), opt.zero_grad(), p)[-1:])

    compared(make)


def test_the_closure_of_a_step_is_captured():
    def make(wrap):
        p = nn.Parameter(cr.ones(3))
        opt = optim.SGD([p], lr=0.1, momentum=0.9)

        def step(x):
            def closure():
                opt.zero_grad()
                loss = (p * x).square().sum()
                loss.backward()
                return loss

            return opt.step(closure), p

        return wrap(step)

    compared(make)


def test_in_place_under_no_grad_keeps_the_history():
    def make(wrap):
        w = nn.Parameter(cr.ones(3))

        def step(x):
            h = w + x
            with cr.no_grad():
                h.mul_(2)
            (h.sum() + w.sum()).backward()
            grad = w.grad * 1
            w.grad = None
            return grad, h

        return wrap(step)

    compared(make)


def test_layouts_of_arguments_and_of_gradients_do_not_change_a_bit():
    def make(wrap):
        encoder, head = nn.Linear(3, 5), nn.Linear(2, 4)

        def step(x):
            h = encoder(x)
            back = F.linear(h, encoder.weight.T)
            (head(h.T.tanh()).square().mean() + (back - x).square().mean()).backward()
            grads = [p.grad * 1 for p in (encoder.weight, encoder.bias, head.weight)]
            for p in (*encoder.parameters(), *head.parameters()):
                p.grad = None
            return grads

        return wrap(step)

    compared(make)
    w = cr.rand(7, 5)
    f = cr.capture(lambda x: (x * w).sum(0))
    fortran = cr.from_numpy(np.asfortranarray(cr.rand(7, 5).numpy()))
    for x in (cr.rand(7, 5), fortran, cr.rand(7, 5), fortran, fortran):
        assert bits(f(x)) == bits((x * w).sum(0))


def test_one_example_through_a_tied_autoencoder_is_captured():
    layer = nn.Linear(6, 3)
    opt = optim.SGD(layer.parameters(), lr=0.1)

    @cr.capture
    def step(x):
        loss = F.mse_loss(F.linear(layer(x), layer.weight.T), x)
        loss.backward()
        opt.step()
        opt.zero_grad()
        return loss

    losses = [step(cr.ones(1, 6)).item() for _ in range(5)]
    assert losses == sorted(losses, reverse=True)


def test_what_is_changed_between_calls_is_noticed():
    model = nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.0), nn.ReLU())
    loss_fn = nn.CrossEntropyLoss(weight=cr.ones(3))
    predict = cr.capture(lambda x: (model(x), loss_fn(model(x), cr.tensor([0, 1]))))
    x = cr.rand(2, 3)

    def same():
        cr.manual_seed(1)
        expected = [bits(t) for t in (model(x), loss_fn(model(x), cr.tensor([0, 1])))]
        cr.manual_seed(1)
        assert [bits(t) for t in predict(x)] == expected

    for _ in range(3):
        same()
    model[1].p = 0.9
    same()
    model[0] = nn.Linear(3, 3)
    same()
    model.append(nn.Tanh())
    same()
    model[0].weight = nn.Parameter(cr.ones(3, 3))
    same()
    loss_fn.load_state_dict({"weight": cr.tensor([5.0, 1.0, 1.0])})
    for _ in range(3):
        same()
    calls = []
    handle = model[0].register_forward_hook(lambda *_: calls.append(1))
    with pytest.raises(cr.CaptureError, match="hooks"):
        predict(x)
    handle.remove()


def test_a_copy_of_a_captured_step_is_captured_anew():
    class Training:
        def __init__(self):
            self.model = nn.Linear(2, 1)
            self.optimizer = optim.SGD(self.model.parameters(), lr=0.1)
            self.fast = cr.capture(self.step)

        def step(self, x):
            loss = self.model(x).square().sum()
            loss.backward()
            self.optimizer.step()
            self.optimizer.zero_grad()
            return loss

    original = Training()
    for _ in range(3):
        original.fast(cr.ones(1, 2))
    copied = copy.deepcopy(original)
    before = bits(original.model.weight)
    for _ in range(3):
        copied.fast(cr.ones(1, 2))
    assert bits(original.model.weight) == before != bits(copied.model.weight)


def test_two_zeros_are_not_the_same_argument():
    divide = cr.capture(lambda x, y: x / (x * 0 + y))
    for _ in range(3):
        assert [divide(cr.ones(1), zero).item() for zero in (0.0, -0.0)] == [float("inf"), float("inf")]
    sign = cr.capture(lambda x, y: 1 / (x * y))
    for _ in range(3):
        assert [sign(cr.ones(1), zero).item() for zero in (0.0, -0.0)] == [float("inf"), -float("inf")]


def test_a_function_that_does_not_do_the_same_twice_is_refused():
    factors = iter([1.0, 2.0, 3.0])
    scale = cr.capture(lambda x: x * next(factors))
    assert scale(cr.ones(1)).item() == 1
    with pytest.raises(cr.CaptureError, match="does not do the same at every call"):
        scale(cr.ones(1))
    ways = iter([True, False])
    branch = cr.capture(lambda x: x + 2 if next(ways) else x * 2)
    branch(cr.ones(1))
    with pytest.raises(cr.CaptureError, match="action 2 was Add, and is now Mul"):
        branch(cr.ones(1))


def test_a_function_that_need_not_be_captured_runs_as_it_is_written():
    def step(x):
        y = x * 2
        if y.sum() > 3:
            y += 1
        y[0] = 7.0
        return y, 3

    lenient = cr.capture(step, strict=False)
    for value in (1.0, 2.0, 0.5):
        got, expected = lenient(cr.full((2,), value)), step(cr.full((2,), value))
        assert (got[0].tolist(), got[1]) == (expected[0].tolist(), expected[1])
    assert "reads the values" in str(lenient.refusal)


MORE_REFUSED = {
    "nested": (lambda x: nn.utils.clip_grad_norm_([x * 2], 1.0), "several tensors"),
    "python's random": (lambda x: x * random.random(), "random numbers"),
    "mask": (lambda x: x[x > 0], "picks elements by a mask"),
    "print": (lambda x: str(x), "reads the values"),
    "length": (lambda x: cr.ones(3)[: x.sum().long()], "reads the values"),
    "fill value": (lambda x: cr.full((2,), x.sum()), "reads the values"),
    "slope": (lambda x: F.leaky_relu(x, x.sum()), "reads the values"),
    "array made a tensor": (lambda x: x + cr.Tensor([1.0, 2.0, 3.0]).add_(x), "constant in place"),
    "mode": (lambda x: _mode_module.eval()(x), "sets the mode"),
    "attribute": (lambda x: setattr(_mode_module, "last", x), "sets the attribute last"),
    "deepcopy": (lambda x: copy.deepcopy(_outside) + x, "deepcopy"),
}

_mode_module = nn.Linear(3, 3)


@pytest.mark.parametrize("name", MORE_REFUSED)
def test_what_a_replay_would_get_wrong_is_refused_by_name(name):
    function, why = MORE_REFUSED[name]
    with pytest.raises(cr.CaptureError, match=why):
        cr.capture(function)(cr.ones(3))


def test_threads_take_turns():
    predict = cr.capture(nn.Sequential(nn.Linear(3, 64), nn.Tanh(), nn.Linear(64, 1)))
    inputs = [cr.full((4, 3), float(i)) for i in range(8)]
    expected = [bits(predict.function(x)) for x in inputs]
    for x in inputs[:2]:
        predict(x)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda i: bits(predict(inputs[i % 8])), range(200))) == expected * 25


def test_a_module_made_in_the_step_and_a_seed_set_in_it_are_replayed():
    def make(wrap):
        def step(x):
            cr.manual_seed(3)
            return nn.Softmax(dim=1)(x + cr.rand(2, 3))

        return wrap(step)

    compared(make)


def test_a_profile_is_a_step_with_the_times_of_its_actions():
    def make():
        cr.manual_seed(0)
        model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
        opt = optim.SGD(model.parameters(), lr=0.1)

        @cr.capture
        def step(x):
            loss = model(x).square().mean()
            loss.backward()
            opt.step()
            opt.zero_grad()
            return loss

        return step

    x, (step, other) = cr.ones(2, 3), (make(), make())
    for f in (step, other):
        f(x), f(x)
    times = step.profile(x)
    other(x)
    assert step(x).item() == other(x).item()
    names = [name for name, _ in times]
    assert names[:3] == ["Linear", "ReLU", "Linear"]
    assert names[-3:] == ["Linear, backward", "FlatOptimizer._step", "Optimizer.zero_grad"]
    assert all(seconds > 0 for _, seconds in times)
    with pytest.raises(RuntimeError, match="call it twice"):
        step.profile(cr.ones(5, 3))


def test_capture_decorates_with_options():
    @cr.capture(strict=False)
    def step(x):
        return x * x.sum().item()

    x = cr.ones(3)
    assert [step(x).tolist() for _ in range(3)] == [[3.0, 3.0, 3.0]] * 3
    assert "reads the values" in str(step.refusal)


def test_a_refusal_names_the_value_that_changed():
    factors = [2.0, 3.0]
    step = cr.capture(lambda x: x * factors.pop())
    step(cr.ones(3))
    with pytest.raises(cr.CaptureError, match=r"a value from outside was tensor\(3\.\), and is now tensor\(2\.\)"):
        step(cr.ones(3))


def test_backward_on_a_captured_result_says_where_it_belongs():
    w = nn.Parameter(cr.ones(3))
    step = cr.capture(lambda x: (w * x).sum())
    with pytest.raises(RuntimeError, match="captured function, inside of which backward"):
        step(cr.ones(3)).backward()
