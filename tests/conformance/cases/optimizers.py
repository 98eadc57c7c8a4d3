"""Optimisers: ten steps with every option, several groups, missing gradients; and their state."""

import numpy as np
from tests.conformance.library import OURS, THEIRS, array
from tests.conformance.trial import Case, Trial, Within

from chainrule.interop import to_torch

FLAGS = (False, True)
SHAPES = [[(3, 4), (5,)], [(), (0,), (2, 3)], [(4,), (2, 1, 3)]]  # of two groups, and of one that is added later
STEPS, ADDED, CHANGED, HALF = 10, 3, 7, 3
BETAS = ((0.9, 0.999), (0.0, 0.5), (0.5, 0.9), (0.8, 0.95))
SPECIAL = (np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0)

RATES = {"lr": (1e-3, 0.01, 0.1), "maximize": FLAGS}
PACE = {**RATES, "foreach": (None, False, True)}
DECAY = {"weight_decay": (0, 0.01, 0.3)}
MOMENTS = {**PACE, **DECAY, "betas": BETAS, "eps": (1e-8, 1e-3)}
OPTIONS = {
    "SGD": {**PACE, **DECAY, "momentum": (0, 0.5, 0.9), "dampening": (0, 0, 0.3), "nesterov": (False, False, True)}
    | {"fused": (None, False, True)},
    "Adam": {**MOMENTS, "amsgrad": FLAGS, "decoupled_weight_decay": FLAGS, "fused": (None, False, True)},
    "AdamW": {**MOMENTS, "amsgrad": FLAGS, "fused": (None, False, True)},
    "RMSprop": {
        **PACE,
        **DECAY,
        "alpha": (0.99, 0.5),
        "eps": (1e-8, 1e-3),
        "momentum": (0, 0.9),
        "centered": FLAGS,
    },
    "Adagrad": {**PACE, **DECAY, "lr_decay": (0, 0.2), "initial_accumulator_value": (0, 0.5), "eps": (1e-10, 1e-3)}
    | {"fused": (None, False, True)},
    "Adadelta": {**PACE, **DECAY, "rho": (0.9, 0.0, 1.0, 0.5), "eps": (1e-6, 1e-3)},
    "Adamax": MOMENTS,
    "NAdam": {**MOMENTS, "momentum_decay": (4e-3, 0.0, 0.5), "decoupled_weight_decay": FLAGS},
    "RAdam": {**MOMENTS, "decoupled_weight_decay": FLAGS},
    "Rprop": {**PACE, "etas": ((0.5, 1.2), (0.1, 1.9)), "step_sizes": ((1e-6, 50), (1e-3, 0.05))},
    "ASGD": {**RATES, **DECAY, "lambd": (1e-4, 0.3), "alpha": (0.75, 1.0), "t0": (1e6, 0, 5)},
}
BAD = {
    "lr": (-0.1, np.array([0.1, 0.2])),
    "weight_decay": (-0.1, float("nan")),
    "eps": (-1.0,),
    "betas": ((1.0, 0.9), (0.9, 1.0), (-0.1, 0.9)),
    "momentum": (-1.0,),
    "alpha": (-1.0,),
    "rho": (-0.1, 1.1),
    "lr_decay": (-1.0,),
    "initial_accumulator_value": (-1.0,),
    "momentum_decay": (-1.0,),
    "etas": ((1.0, 1.2), (0.5, 1.0), (0.0, 1.2)),
}
MADE_ONCE = ("foreach", "fused", "initial_accumulator_value", "nesterov", "amsgrad", "centered", "maximize")


def drawn_options(d, name, bad=0.0, tensors=True):
    options = {k: d.pick(*of) for k, of in OPTIONS[name].items() if d.chance(0.6)}
    if name == "ASGD" and d.dtype == np.float32:  # to which PyTorch rounds what it updates together
        options["foreach"] = d.pick(None, False, True)
    if options.get("nesterov") and d.chance(0.9):
        options |= {"momentum": 0.9, "dampening": 0}
    if tensors and d.chance(0.1) and not one_pass(options):
        options["lr"] = d.cast(0.02)
    if d.chance(bad):
        known = [k for k in BAD if k in OPTIONS[name] and not (name == "ASGD" and k == "alpha")]
        wrong = d.pick(*known)
        options[wrong] = d.pick(*BAD[wrong])
    return options


def one_pass(options):
    """Return whether PyTorch is asked for an implementation that takes no learning rate in a tensor."""
    return options.get("foreach") or options.get("fused")


def gradients(d, special, missing=True):
    """Draw the gradients of one step, of many sizes, zeros among them, and None where there is none."""
    scale, kept = 10.0 ** d.integer(-3, 2), d.pick(1.0, 1.0, 0.5) if missing else 1.0
    found = []
    for shape in (s for group in SHAPES for s in group):
        g = scale * d.rng.standard_normal(shape) * (d.rng.random(shape) > 0.1)
        if special:
            g = np.where(d.rng.random(shape) < 0.3, d.rng.choice(SPECIAL, shape), g)
        found.append(d.cast(g) if d.chance(kept) else None)
    return found


class Run:
    """Parameters and their optimiser in one library."""

    def __init__(self, lib, name, arrays, options):
        self.lib = lib
        self.groups = [[lib.tensor(a.copy(), True) for a in group] for group in arrays]
        first, *others = options
        named = [
            {"params": group, **{k: lib.given(v) for k, v in more.items()}}
            for group, more in zip(self.groups, [{}, *others], strict=True)
        ]
        self.added = named[2:]
        given = {k: lib.given(v) for k, v in first.items()}
        self.optimizer = getattr(lib.optim, name)(named[:2], **given)

    def params(self):
        return [p for group in self.groups for p in group]

    def step(self, gradients):
        for p, g in zip(self.params(), gradients, strict=True):
            p.grad = None if g is None else self.lib.tensor(g.copy())
        self.optimizer.step()

    def add(self):
        for group in self.added:
            self.optimizer.add_param_group(group)
        self.added = []

    def results(self):
        """Return parameters and state; to the bit, how often each was updated, and the names of all there is."""
        entries = [self.optimizer.state.get(p, {}) for p in self.params()]
        names = [np.array([f"{k} {array(v).dtype} {v.ndim}" for k, v in e.items()]) for e in entries]
        groups = [np.array(list(g)) for g in self.optimizer.param_groups]
        state = [array(v) for e in entries for k, v in e.items() if k != "step"]
        counts = [array(e["step"]) for e in entries if "step" in e]
        return {
            "steps": [array(p) for p in self.params()],
            "state": state,
            "exact": [*names, *groups, *counts],
        }


def steps(name):
    def draw(d):
        special = d.chance(0.15)
        options = drawn_options(d, name, bad=0.06)
        if special:  # where PyTorch's own implementations differ
            options = {k: v for k, v in options.items() if k not in ("foreach", "fused")}
        later = [drawn_options(d, name, tensors=not one_pass(options)) for _ in range(3)]
        later = [{k: v for k, v in more.items() if k not in MADE_ONCE} for more in later]
        starts = [[d.normal(shape) for shape in group] for group in SHAPES]
        missing = not (name == "SGD" and options.get("fused"))  # there, PyTorch fails
        rows = [gradients(d, special and d.chance(0.3), missing) for _ in range(STEPS)]

        def run(lib):
            pair = Run(lib, name, starts, [options, *later[:2]])
            for i, row in enumerate(rows):
                if i == ADDED:
                    pair.add()
                if i == CHANGED:
                    pair.optimizer.param_groups[0]["lr"] = lib.given(later[2].get("lr", 0.02))
                pair.step(row)
            pair.optimizer.zero_grad(set_to_none=d.seed % 2 == 0)
            found = pair.results()
            left = [np.ones(1) if p.grad is None else array(p.grad) for p in pair.params()]
            return found | {"exact": [*found["exact"], *left, np.array(repr(pair.optimizer.defaults.keys()))]}

        return Trial(run, [a for group in starts for a in group], options)

    return draw


def both_halves(lib, out):
    """Return where the first half is done and where the second: in both libraries, or twice in PyTorch."""
    if lib.root is not OURS.root:
        return lib, lib
    return (OURS, THEIRS) if out else (THEIRS, OURS)


def hand_over(before, after, lib):
    """Load the state of one object into another, which is one of ``lib``."""
    state = before.state_dict()
    after.load_state_dict(to_torch(state) if lib.root is THEIRS.root else state)


def moved(name):
    """Half of the steps in one library, the rest in the other: PyTorch arrives there, saving and loading."""

    def draw(d):
        options = drawn_options(d, name)
        starts = [[d.normal(shape) for shape in group] for group in SHAPES[:2]]
        count = sum(len(group) for group in starts)
        missing = not (name == "SGD" and options.get("fused"))
        rows = [gradients(d, False, missing)[:count] for _ in range(2 * HALF)]
        out = d.chance()

        def run(lib):
            halves = both_halves(lib, out)
            before = Run(halves[0], name, starts, [options, {}])
            for row in rows[:HALF]:
                before.step(row)
            after = Run(halves[1], name, [[array(p) for p in group] for group in before.groups], [{}, {}])
            hand_over(before.optimizer, after.optimizer, halves[1])
            for row in rows[HALF:]:
                after.step(row)
            return after.results()

        return Trial(run, [a for group in starts for a in group], {**options, "from chainrule to PyTorch": out})

    return draw


# ---- LBFGS, which asks for the loss itself ---------------------------------------------------------------------

SEARCH = {
    "lr": (1, 0.3, 0.05),
    "max_iter": (20, 1, 4),
    "max_eval": (None, 1, 5),
    "tolerance_grad": (1e-7, 1e-2),
    "tolerance_change": (1e-9, 1e-3),
    "history_size": (100, 1, 3),
    "line_search_fn": (None, "strong_wolfe"),
}


class Search:
    """The minimum of a smooth function of a matrix and a number, looked for in one library."""

    def __init__(self, lib, starts, x, options):
        self.params, self.x = [lib.tensor(a.copy(), True) for a in starts], lib.tensor(x.copy())
        self.optimizer, self.losses = lib.optim.LBFGS(self.params, **options), []

    def closure(self):
        W, b = self.params
        self.optimizer.zero_grad()
        z = self.x @ W + b
        loss = (z * z).mean() + 0.05 * (W**4).sum() - z[0].sum()
        loss.backward()
        return loss

    def step(self):
        self.losses.append(array(self.optimizer.step(self.closure)))

    def results(self):
        entry = self.optimizer.state[self.params[0]]
        counts = [np.array([entry["n_iter"], entry["func_evals"]]), np.array(sorted(entry))]
        return {"steps": [*map(array, self.params), *self.losses], "exact": counts}


def search(d):
    options = {k: d.pick(*of) for k, of in SEARCH.items() if d.chance(0.6)}
    if d.dtype == np.float32:  # a search that stops before rounding decides about its course
        options |= {"lr": d.pick(1, 0.3), "max_iter": d.pick(1, 2, 3)}
        options |= {"tolerance_grad": 1e-7, "tolerance_change": 1e-9}
    if d.chance(0.06):
        options |= d.pick({"lr": -1}, {"line_search_fn": "weak"})
    return [d.normal((3, 2)), d.normal(())], d.normal((6, 3)), options


def searched(d):
    starts, x, options = search(d)
    steps = 3 if d.dtype == np.float64 else 2

    def run(lib):
        found = Search(lib, starts, x, options)
        for _ in range(steps):
            found.step()
        return found.results()

    return Trial(run, [*starts, x], options)


def search_moved(d):
    starts, x, options = search(d)
    out, more = d.chance(), 2 if d.dtype == np.float64 else 1

    def run(lib):
        halves = both_halves(lib, out)
        before = Search(halves[0], starts, x, options)
        before.step()
        after = Search(halves[1], [array(p) for p in before.params], x, {})
        hand_over(before.optimizer, after.optimizer, halves[1])
        for _ in range(more):
            after.step()
        return after.results()

    return Trial(run, [*starts, x], {**options, "from chainrule to PyTorch": out})


# ---- the cases -------------------------------------------------------------------------------------------------

REFUSED = {"capturable": True, "differentiable": True}
BOUNDS = {"steps": Within(8, "terms"), "state": Within(32, "terms")}


FEW = (
    "float32: two steps of three iterations at most; near the minimum, rounding decides when a search ends. Of "
    "losses that are not convex, long searches part in float64 too, and may end in different minima."
)


def bounds(name):
    return {**BOUNDS, "steps": Within(16, "terms")} if name == "ASGD" else BOUNDS


def refused(name):
    return {k: v for k, v in REFUSED.items() if not (name in ("SGD", "Adagrad") and k == "capturable")}


MORE = {
    "SGD": {
        "narrower": {
            "NaN for `lr`, `weight_decay` or `momentum` (here and below)": "must not be negative",
            "a parameter twice in one group, of which PyTorch warns (here and below)": "in more than one place",
        },
        "note": "This and the optimisers below: three groups with options of their own, one of them added later, "
        "and a rate changed later; gradients of many sizes, missing at times, some zero, infinite or NaN.",
    },
    "ASGD": {"note": "With `foreach`, PyTorch takes p − η (λ p + g) for (1 − λ η) p − η g."},
}
LACKING = (
    "This and the states below: options that a state dict lacks are those of the optimiser, counts of steps "
    "begin at 0; PyTorch fails at the next step."
)
CASES = [
    *(
        Case(f"optim.{name}", "Optimisers", steps(name), bounds(name), refused=refused(name), **MORE.get(name, {}))
        for name in OPTIONS
    ),
    Case("optim.LBFGS", "Optimisers", searched, {"steps": BOUNDS["steps"]}, note=FEW),
    *(
        Case(
            f"the state of optim.{name}",
            "Models in and out",
            moved(name),
            bounds(name),
            note=LACKING * (name == "SGD"),
        )
        for name in OPTIONS
    ),
    Case("the state of optim.LBFGS", "Models in and out", search_moved, {"steps": BOUNDS["steps"]}, note=FEW),
]
