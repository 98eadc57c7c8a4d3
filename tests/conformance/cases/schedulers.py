"""Schedules: rates, momenta, state dicts and warnings over a dozen epochs; jumps, and the other library."""

import math
import warnings

import numpy as np
from tests.conformance.cases.optimizers import both_halves, hand_over
from tests.conformance.library import array
from tests.conformance.trial import Case, Trial

EPOCHS = 12
FLAGS = (False, True)
FRACTIONS = (0.1, 0.5, 0.9, 1.0)
FEW = (1, 2, 3, 5, 8)


class Falling:
    """A factor that an object computes, and a state dict holds."""

    def __init__(self, rate):
        self.rate = rate

    def __call__(self, epoch):
        return self.rate**epoch


def slower(epoch):
    return 1 / (1 + epoch)


def waves(epoch):
    return math.cos(epoch)


FACTORS = (slower, Falling(0.7), [Falling(0.9), waves])
OPTIONS = {
    "LambdaLR": {"lr_lambda": (*FACTORS, [slower])},
    "MultiplicativeLR": {"lr_lambda": (*FACTORS, 0.5)},
    "StepLR": {"step_size": (*FEW, 0), "gamma": FRACTIONS},
    "MultiStepLR": {"milestones": ([2, 5], [1, 1, 4], [], [0, 3]), "gamma": FRACTIONS},
    "ConstantLR": {"factor": (*FRACTIONS, 1.1, -0.1), "total_iters": FEW},
    "LinearLR": {"start_factor": (*FRACTIONS, 0.0), "end_factor": (*FRACTIONS, 0.0, 1.1), "total_iters": FEW},
    "ExponentialLR": {"gamma": FRACTIONS},
    "PolynomialLR": {"total_iters": FEW, "power": (0.5, 1.0, 2.5)},
    "CosineAnnealingLR": {"T_max": (*FEW, 0), "eta_min": (0.0, 0.01)},
    "CosineAnnealingWarmRestarts": {"T_0": (*FEW, 0, 1.5), "T_mult": (1, 2, 3, 0), "eta_min": (0.0, 0.01, "0")},
    "CyclicLR": {
        "base_lr": (0.001, 0.05, [0.01, 0.1], [0.1]),
        "max_lr": (0.1, 1.0, [0.2, 0.3]),
        "step_size_up": (2000, *FEW),
        "step_size_down": (None, *FEW),
        "mode": ("triangular", "triangular2", "exp_range", "square"),
        "gamma": FRACTIONS,
        "scale_fn": (None, None, Falling(0.8), slower),
        "scale_mode": ("cycle", "iterations"),
        "cycle_momentum": FLAGS,
        "base_momentum": (0.8, 0.5, [0.6, 0.7]),
        "max_momentum": (0.9, 0.99, [0.8, 0.9]),
    },
    "OneCycleLR": {
        "max_lr": (0.1, 1.0, 0.5, [0.2, 0.3], [0.4, 0.3], [0.2]),
        "total_steps": (20, 40, 16, 30, 24, None, 8, 0),
        "epochs": (4, 4, 5, 6, None, 2.0),
        "steps_per_epoch": (5, 5, 4, 7, None, 0),
        "pct_start": (0.3, 0.1, 0.5, 0.4, 0.2, 0.25, 1, 1.5),
        "anneal_strategy": ("cos", "linear", "cos", "linear", "step"),
        "cycle_momentum": FLAGS,
        "base_momentum": (0.85, 0.5, [0.6, 0.7]),
        "max_momentum": (0.95, 0.99, [0.8, 0.9]),
        "div_factor": (25.0, 2.0),
        "final_div_factor": (1e4, 10.0),
        "three_phase": FLAGS,
    },
    "ReduceLROnPlateau": {
        "mode": ("min", "max", "least"),
        "factor": (0.1, 0.5, 1.0),
        "patience": (10, 0, 1),
        "threshold": (1e-4, 0.3),
        "threshold_mode": ("rel", "abs", "none"),
        "cooldown": (0, 1, 2),
        "min_lr": (0, 0.02, [0.01, 0.02], [0.1]),
        "eps": (1e-8, 0.02),
    },
}
NEEDED = ("lr_lambda", "step_size", "milestones", "T_max", "T_0", "base_lr", "max_lr")
CLOSED = ["StepLR", "MultiStepLR", "ConstantLR", "LinearLR", "ExponentialLR", "PolynomialLR", "CosineAnnealingLR"]
JUMPS = [*CLOSED, "CosineAnnealingWarmRestarts", "LambdaLR", "CyclicLR"]
PARTS = [*CLOSED, "LambdaLR", "MultiplicativeLR"]


def drawn_options(d, name):
    options = {k: d.pick(*of) for k, of in OPTIONS[name].items() if k in NEEDED or d.chance()}
    if name == "ExponentialLR":
        options.setdefault("gamma", 0.5)
    if name == "OneCycleLR" and d.chance(0.8):
        options.setdefault("total_steps", 30)
    return options


def own_schedule(lib):
    """Return a schedule that a user wrote."""

    class Own(lib.optim.lr_scheduler.LRScheduler):
        def get_lr(self):
            return [
                group["lr"] * 0.5 if self.last_epoch % 3 == 2 else group["lr"]
                for group in self.optimizer.param_groups
            ]

        def _get_closed_form_lr(self):
            return [base * 0.5 ** ((self.last_epoch + 1) // 3) for base in self.base_lrs]

    return Own


def make(lib, optimizer, name, options):
    """Make a schedule; ``options`` of combined ones are those of their parts, by name."""
    if name == "LRScheduler":
        return own_schedule(lib)(optimizer, **options)
    kind = getattr(lib.optim.lr_scheduler, name)
    if name == "ChainedScheduler":
        parts = [make(lib, optimizer, *part) for part in options["schedulers"]]
        return kind(parts, **({"optimizer": optimizer} if options.get("optimizer") else {}))
    if name == "SequentialLR":
        parts = [make(lib, optimizer, *part) for part in options["schedulers"]]
        rest = {k: v for k, v in options.items() if k != "schedulers"}
        return kind(optimizer, parts, **rest)
    return kind(optimizer, **options)


class Run:
    """An optimiser of two groups and its schedule, in one library."""

    def __init__(self, lib, optimizer, rates, name, options):
        self.lib, self.seen = lib, []
        self.params = [lib.tensor(np.ones(2), True) for _ in rates]
        groups = [{"params": [p], "lr": lib.given(lr)} for p, lr in zip(self.params, rates, strict=True)]
        self.optimizer = getattr(lib.optim, optimizer)(groups)
        self.schedule = make(lib, self.optimizer, name, options)
        self.look()

    def look(self):
        """Note what is set: rates, and what a schedule keeps in the groups."""
        self.seen.append(np.array([float(lr) for lr in self.schedule.get_last_lr()]))
        for group in self.optimizer.param_groups:
            found = {k: v for k, v in group.items() if k.endswith(("lr", "momentum", "betas"))}
            self.seen.append(np.array(repr([(k, float(v) if k.endswith("lr") else v) for k, v in found.items()])))

    def step(self, update, *arguments):
        """Begin the next epoch, with an update before or not, and note the kinds of warnings."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            if update:
                self.optimizer.step()
            self.schedule.step(*arguments)
        self.seen.append(np.array([w.category.__name__ for w in caught]))
        self.look()

    def ask(self):
        """Note what get_lr() says if a user calls it, which PyTorch warns of."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            rates = self.schedule.get_lr()
        self.seen += [np.array([float(lr) for lr in rates]), np.array([w.category.__name__ for w in caught])]

    def state(self):
        return np.array(repr(plain(self.schedule.state_dict())))


def plain(state):
    """Return a state dict without the order of its names, numbers for tensors."""
    if isinstance(state, dict):
        return {k: plain(state[k]) for k in sorted(state)}
    if isinstance(state, list | tuple):
        return [plain(v) for v in state]
    return float(state) if hasattr(state, "item") else state


def trial(d, name, options, jumps=False):
    """Run a schedule for some epochs: partly in the other library, with jumps, or with a group that is added."""
    optimizer = d.pick("SGD", "AdamW")
    rates = [d.pick(0.1, 0.05), d.pick(0.03, np.asarray(0.25) if "Plateau" not in name else 0.2)]
    switch = d.pick(0, 0, 4)
    resume = d.pick(None, None, None, 3) if name != "ReduceLROnPlateau" and not switch else None
    out, first = d.chance(), d.chance(0.8)
    odd = d.pick(0.0, 0.0, 0.2)
    measures = [d.pick(math.nan, math.inf) if d.chance(odd) else d.integer(0, 9) / 3 for _ in range(EPOCHS)]
    epochs = [d.integer(0, 12) if jumps and d.chance(0.2) else None for _ in range(EPOCHS)]

    def go(lib):
        halves = both_halves(lib, out) if switch else (lib, lib)
        now = Run(halves[0], optimizer, rates, name, options)
        if resume is not None:
            more = {"last_epoch": resume} if name not in ("ChainedScheduler",) else {}
            now.schedule = make(lib, now.optimizer, name, {**options, **more})
            now.look()
        for i, (measure, epoch) in enumerate(zip(measures, epochs, strict=True)):
            if switch and i == switch:
                before, now = now, Run(halves[1], optimizer, rates, name, options)
                hand_over(before.schedule, now.schedule, halves[1])
                hand_over(before.optimizer, now.optimizer, halves[1])
                now.seen = before.seen
            arguments = [measure] if name == "ReduceLROnPlateau" else []
            now.step(first or i > 0, *arguments, *([] if epoch is None else [epoch]))
        if name not in ("ReduceLROnPlateau", "ChainedScheduler", "SequentialLR"):
            now.ask()
        return {"exact": [*now.seen, now.state(), *map(array, now.params)]}

    def run(lib):
        try:
            return go(lib)
        except ZeroDivisionError as error:  # by which PyTorch notices some bad options
            raise ValueError("an option leads to a division by zero") from error

    return Trial(run, [], {**options, "optimizer": optimizer, "last_epoch": -1 if resume is None else resume})


def schedule(name):
    return lambda d: trial(d, name, drawn_options(d, name), jumps=name in JUMPS and d.chance(0.4))


def own(d):
    return trial(d, "LRScheduler", {}, jumps=d.chance())


def some_parts(d):
    return [(name, drawn_options(d, name)) for name in (d.pick(*PARTS) for _ in range(d.integer(1, 3)))]


def chained(d):
    return trial(d, "ChainedScheduler", {"schedulers": some_parts(d), "optimizer": d.chance()})


def sequential(d):
    parts = some_parts(d)
    milestones = sorted(d.rng.choice(range(1, 9), len(parts) - 1 + d.chance(0.1), replace=False).tolist())
    if d.chance(0.3):
        parts[0] = ("ChainedScheduler", {"schedulers": some_parts(d)})
    return trial(d, "SequentialLR", {"schedulers": parts, "milestones": milestones})


MORE = {"LRScheduler": own, "ChainedScheduler": chained, "SequentialLR": sequential}
NARROWER = {
    "StepLR": {"`step_size` below 1": "step_size must be at least 1"},
    "CosineAnnealingLR": {"`T_max` below 1": "T_max must be at least 1"},
}
CASES = [
    Case(
        f"optim.lr_scheduler.{name}", "Schedulers", draw, {}, narrower=NARROWER.get(name, {}), dtypes=("float64",)
    )
    for name, draw in {**{name: schedule(name) for name in OPTIONS}, **MORE}.items()
]
