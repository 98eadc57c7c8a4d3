"""LBFGS against PyTorch's: parameters, state, how often the loss is asked for; and what it refuses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chainrule as cr
from chainrule import optim
from chainrule.optim.line_search import Point, strong_wolfe

torch = pytest.importorskip("torch")
_strong_wolfe = pytest.importorskip("torch.optim.lbfgs")._strong_wolfe
pytestmark = pytest.mark.torch

drawn = settings(max_examples=60, deadline=None, derandomize=True, database=None)


def rosenbrock(library, params):
    x, y = params
    return ((1 - x) ** 2).sum() + 10 * ((y - x**2) ** 2).sum()


def logistic(library, params):
    w, b = params
    a = library.tensor(np.random.default_rng(5).standard_normal((12, 3)).tolist(), dtype=w.dtype)
    z = a @ w + b
    return library.log(1 + library.exp(z)).mean() - z[:6].sum() / 12 + 0.1 * ((w * w).sum() + b * b)


def quartic(library, params):
    x, y = params
    return (x**4).sum() + ((x - 1) ** 2).sum() * 0.5 + (y**2).sum() * 3


def waves(library, params):
    (x,) = params
    return library.sin(3 * x).sum() - 0.3 * x.sum() + 0.02 * (x * x).sum()


PROBLEMS = {
    "rosenbrock": (rosenbrock, ((3,), (3,))),
    "quartic": (quartic, ((2, 2), ())),
    "waves": (waves, ((2,),)),
    "logistic": (logistic, ((3,), ())),
}


class Run:
    """A problem and its optimiser in one library."""

    def __init__(self, library, problem, arrays, **options):
        self.library, self.function = library, PROBLEMS[problem][0]
        self.params = [library.tensor(a.tolist(), dtype=getattr(library, str(a.dtype))) for a in arrays]
        for p in self.params:
            p.requires_grad_()
        self.optimizer = library.optim.LBFGS(self.params, **options)
        self.losses = []

    def closure(self):
        self.optimizer.zero_grad()
        loss = self.function(self.library, self.params)
        loss.backward()
        self.losses.append(loss.item())
        return loss

    def step(self):
        return self.optimizer.step(self.closure).item()

    def arrays(self):
        return [p.detach().numpy() for p in self.params]

    def state(self):
        return self.optimizer.state[self.params[0]]


def start(problem, seed, dtype):
    rng = np.random.default_rng(seed)
    return [rng.uniform(-1.5, 1.5, shape).astype(dtype) for shape in PROBLEMS[problem][1]]


def assert_close(ours, theirs, tolerance):
    for a, b in zip(ours.arrays(), theirs.arrays(), strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)
    a, b = ours.state(), theirs.state()
    assert set(a) == set(b)
    assert (a["n_iter"], a["func_evals"]) == (b["n_iter"], b["func_evals"])
    np.testing.assert_allclose(ours.losses, theirs.losses, rtol=tolerance, atol=tolerance)


options = st.fixed_dictionaries(
    {
        "lr": st.floats(0.05, 1),
        "max_iter": st.integers(1, 6),
        "max_eval": st.none() | st.integers(1, 12),
        "tolerance_grad": st.sampled_from([1e-7, 1e-2]),
        "tolerance_change": st.sampled_from([1e-9, 1e-2]),
        "history_size": st.integers(1, 4),
        "line_search_fn": st.sampled_from([None, "strong_wolfe"]),
    }
)
problems = st.sampled_from(sorted(PROBLEMS))


@drawn
@given(problem=problems, seed=st.integers(0, 99), given=options)
def test_steps_are_pytorchs_with_any_options(problem, seed, given):
    arrays = start(problem, seed, np.float64)
    ours, theirs = Run(cr, problem, arrays, **given), Run(torch, problem, arrays, **given)
    for _ in range(3):
        assert ours.step() == pytest.approx(theirs.step(), rel=1e-7, abs=1e-12)
    assert_close(ours, theirs, 1e-7)


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
@pytest.mark.parametrize("problem", sorted(set(PROBLEMS) - {"waves"}))  # which has many minima
def test_float32_ends_at_pytorchs_minimum(problem, search):
    arrays = start(problem, 1, np.float32)
    runs = [Run(library, problem, arrays, lr=0.3, line_search_fn=search) for library in (cr, torch)]
    for run in runs:
        for _ in range(10):
            run.step()
    for a, b in zip(runs[0].arrays(), runs[1].arrays(), strict=True):
        assert a.dtype == b.dtype == np.float32
        np.testing.assert_allclose(a, b, rtol=2e-3, atol=2e-3)


def test_a_parameter_without_a_gradient_stays():
    kept = []
    for library in (cr, torch):
        used, unused = library.ones(2, requires_grad=True), library.ones(3, requires_grad=True)
        optimizer = library.optim.LBFGS([used, unused])

        def closure(optimizer=optimizer, used=used):
            optimizer.zero_grad()
            loss = (used**4).sum()
            loss.backward()
            return loss

        optimizer.step(closure)
        kept.append((used.detach().numpy(), unused.detach().numpy()))
    np.testing.assert_allclose(kept[0][0], kept[1][0], rtol=1e-5)
    np.testing.assert_array_equal(kept[0][1], np.ones(3))


def test_the_closure_is_run_with_gradients():
    run = Run(cr, "quartic", start("quartic", 0, np.float64))
    with cr.no_grad():
        first = run.step()
    assert first > run.losses[-1]


def test_it_has_one_group_and_one_line_search():
    for library in (cr, torch):
        p, q = library.ones(1, requires_grad=True), library.ones(1, requires_grad=True)
        with pytest.raises(ValueError, match="group"):
            library.optim.LBFGS([{"params": [p]}, {"params": [q]}])
        run = Run(library, "quartic", start("quartic", 0, np.float64), line_search_fn="weak")
        with pytest.raises(RuntimeError, match="strong_wolfe"):
            run.step()
        with pytest.raises(TypeError, match="closure"):
            run.optimizer.step()


def test_it_is_not_captured():
    p = cr.ones(2, requires_grad=True)
    optimizer = optim.LBFGS([p])

    def closure():
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    @cr.capture
    def step(x):
        optimizer.step(closure)
        return x

    with pytest.raises(RuntimeError, match="LBFGS"):
        step(cr.ones(2))


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(
    values=st.lists(st.tuples(st.floats(-3, 3), st.floats(-3, 3)), min_size=1, max_size=6),
    slope=st.floats(-3, -0.01),
    t=st.floats(0.01, 2),
    limit=st.integers(0, 12),
)
def test_the_line_search_is_pytorchs_whatever_it_meets(values, slope, t, limit):
    values = [
        (loss - i / 4, slope) for i, (loss, slope) in enumerate(values * 14)
    ]  # of the points, as they are tried
    asked = [], []

    def theirs(x, t, d):
        asked[1].append(float(t))
        loss, slope = values[len(asked[1])]
        return loss, torch.tensor([slope], dtype=torch.float64)

    def ours(t):
        asked[0].append(float(t))
        loss, slope = values[len(asked[0])]
        return Point(t, loss, np.array([slope]), np.float64(slope))

    d, g = torch.ones(1, dtype=torch.float64), torch.tensor([slope], dtype=torch.float64)
    loss, _, where, evaluations = _strong_wolfe(theirs, None, t, d, 0.0, g, g.dot(d), max_ls=limit)
    with np.errstate(all="ignore"):
        point, tried = strong_wolfe(ours, Point(0, 0.0, np.array([slope]), np.float64(slope)), t, 1.0, 1e-9, limit)
    np.testing.assert_allclose(*asked, rtol=1e-6, atol=1e-9)
    assert (tried, point.loss) == (evaluations, loss)
    assert float(point.t) == pytest.approx(float(where), rel=1e-6, abs=1e-9, nan_ok=True)
