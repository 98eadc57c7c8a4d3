"""The measurements of the framework lab, and what follows from them in numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import chainrule as cr
from chainrule.datasets import Source
from chainrule.datasets.two_dimensional import make_classification
from chainrule.labs.comparison import Comparison
from chainrule.labs.options import Options
from chainrule.labs.plane import NEW, POINTS, TASKS

HARDLY = 0.25  # accuracy on ten digits up to which a network has learnt nothing to speak of

Records = list[dict[str, Any]]  # of epochs 0, 1, …, as labs.perceptrons.Watch makes them
Network = tuple[int, str]  # layers, and the class of the activation between them


@dataclass(frozen=True)
class Digits:
    """A perceptron that was trained on digits beside PyTorch.

    Attributes
    ----------
    layers : int
    model : Module
    comparison : Comparison
    records : list of dict
        As :class:`~chainrule.labs.perceptrons.Watch` makes them.
    note : str
        Which run of PyTorch this is.
    """

    layers: int
    model: Any
    comparison: Comparison
    records: Records
    note: str


@dataclass(frozen=True)
class FrameworkResults:
    """The lab's measurements.

    Attributes
    ----------
    options : Options
    train, test : Source
        Which digits were used.
    plane : dict of str to dict
        What :func:`~chainrule.labs.plane.train_classifier` returned, by the name of the trial.
    fits : dict of str to dict
        What :func:`~chainrule.labs.plane.train_regression` returned.
    perceptrons : dict of int to Digits
        By number of layers.
    study : list of dict
        Settings and results of the perceptrons of the study.
    """

    options: Options
    train: Source
    test: Source
    plane: dict[str, dict[str, Any]]
    fits: dict[str, dict[str, Any]]
    perceptrons: dict[int, Digits]
    study: list[dict[str, Any]]

    # ---- the plane ------------------------------------------------------------------------------------------

    def last(self, name: str, measure: str, phase: str) -> float:
        """Return how a network in the plane ended: its "loss" or "error", in "training" or "validation"."""
        return float(self.plane[name][measure][phase][-1])

    def growing(self) -> dict[str, str]:
        """Return the trials of the networks that grow, by their hidden units as an axis names them."""
        names = [name for name in self.plane if name.startswith("two-features ")]
        return {name.split()[1].replace("line", "none"): name for name in names}

    def line_and_network(self) -> list[tuple[str, str, str]]:
        """Return each task with its trial of one layer and one of more."""
        others = [task for task in TASKS if task in self.plane]
        return [("two-features", "two-features line", "two-features 8"), *((t, f"{t} line", t) for t in others)]

    @staticmethod
    def hidden(name: str) -> list[int]:
        """Return the hidden units of a network in the plane, from the name of its trial."""
        units = name.partition(" ")[2] or "16+16"
        return [] if units == "line" else [int(n) for n in units.split("+")]

    def relabelled(self) -> int:
        """Return how many of the training points have a label that is not their cluster's."""
        drawn = [
            make_classification(
                POINTS + NEW, flip_y=share, generator=cr.Generator().manual_seed(self.options.seed)
            )
            for share in (0.0, 0.2)
        ]
        return int((drawn[0][1] != drawn[1][1])[:POINTS].sum())

    # ---- the digits -----------------------------------------------------------------------------------------

    def networks(self) -> list[Network]:
        """Return the networks of the study, each once."""
        return list(dict.fromkeys((t["layers"], t["activation"]) for t in self.study))

    def trials(self, network: Network) -> list[dict[str, Any]]:
        """Return the trials of a network, one for each seed."""
        return [trial for trial in self.study if (trial["layers"], trial["activation"]) == network]

    def records(self, layers: int, activation: str) -> Records:
        """Return what was watched in a network of the study, for the first seed."""
        records: Records = self.trials((layers, activation))[0]["records"]
        return records

    def seeds(self) -> int:
        """Return from how many seeds each network of the study was trained."""
        return len(self.trials(self.networks()[0]))

    def activations(self) -> list[str]:
        """Return the activations of the study."""
        return list(dict.fromkeys(activation for layers, activation in self.networks() if layers > 1))

    def by_depth(self) -> dict[int, dict[str, Records]]:
        """Return the records of the networks that have hidden layers, by number of layers and by activation."""
        depths = sorted({layers for layers, _ in self.networks()} - {1})
        return {d: {a: self.records(d, a) for a in self.activations()} for d in depths}

    def accuracy(self, network: Network, phase: str = "validation") -> float:
        """Return the accuracy of a network in the end, as a mean over the seeds."""
        return float(np.mean([trial["records"][-1][f"{phase}_accuracy"] for trial in self.trials(network)]))

    def best(self, layers: int) -> Network:
        """Return the network of so many layers that recognises most new digits."""
        return max((n for n in self.networks() if n[0] == layers), key=self.accuracy)

    def chance(self, a: Network, b: Network) -> float:
        """Return how far the accuracies of two networks may be apart by the choice of the images.

        Twice the standard error of the difference, from the images on which just one of the two errs (McNemar,
        Psychometrika 12, 1947): those on which both do the same say nothing.
        """
        pairs = zip(self.trials(a), self.trials(b), strict=True)
        single = sum(len(set(x["wrong"]) ^ set(y["wrong"])) for x, y in pairs)
        return 2 * math.sqrt(single) / (self.seeds() * self.test.images)

    def differ(self, a: Network, b: Network) -> bool:
        """Return whether two accuracies are further apart than chance explains."""
        return abs(self.accuracy(a) - self.accuracy(b)) > self.chance(a, b)

    def stuck(self) -> list[Network]:
        """Return the networks of the study that have learnt nothing."""
        return [network for network in self.networks() if self.accuracy(network) <= HARDLY]

    def first_gradients(self) -> dict[str, dict[int, float]]:
        """Return the norm of the first layer's gradient before training, by activation and number of layers."""
        depths = self.by_depth()
        return {a: {d: depths[d][a][0]["gradient"][0] for d in depths} for a in self.activations()}

    def deepest_gradients(self) -> dict[str, Sequence[float]]:
        """Return the norms of all layers' gradients before training, by activation, in the deepest networks."""
        depths = self.by_depth()
        return {a: depths[max(depths)][a][0]["gradient"] for a in self.activations()}

    def fading(self) -> dict[str, float]:
        """Return how many times smaller the first gradient is in the deepest networks than in the shallowest."""
        return {a: g[min(g)] / g[max(g)] for a, g in self.first_gradients().items()}

    def weight_changes(self, networks: Sequence[Network]) -> list[float]:
        """Return by what share the greatest |weight| of the first layer has changed, in each trial of networks."""
        ends = [(t["records"][0], t["records"][-1]) for network in networks for t in self.trials(network)]
        return [abs(after["max_weight"][0] / before["max_weight"][0] - 1) for before, after in ends]

    # ---- for programs ---------------------------------------------------------------------------------------

    def summary(self) -> dict[str, Any]:
        """Return the numbers, for ``summary.json``."""
        return {
            "seed": self.options.seed,
            "seeds": self.seeds(),
            "batch_size": self.options.batch_size,
            "lr": self.options.lr,
            "plane": {
                name: {
                    "parameters": result["parameters"],
                    **{m: {p: v[-1] for p, v in result[m].items()} for m in ("loss", "error")},
                }
                for name, result in self.plane.items()
            },
            "regression": {name: {k: fit[k] for k in ("training", "truth")} for name, fit in self.fits.items()},
            "perceptrons": {
                str(layers): {**network.comparison.summary(), "last": network.records[-1]}
                for layers, network in self.perceptrons.items()
            },
            "study": [
                {**{k: t[k] for k in ("layers", "activation", "seed", "stopped")}, "last": t["records"][-1]}
                for t in self.study
            ],
        }

    def log(self) -> Iterator[dict[str, Any]]:
        """Yield what was measured at every epoch, for ``metrics.jsonl``."""
        for name, result in self.plane.items():
            for i, epoch in enumerate(result["epochs"]):
                measured = {f"{p}_{m}": result[m][p][i] for m in ("loss", "error") for p in result[m]}
                yield {"network": name, "kind": "plane", "epoch": epoch, **measured}
        for layers, network in self.perceptrons.items():
            for record in network.records:
                yield {"network": f"{layers} ReLU", "kind": "watched", **record}
        for trial in self.study:
            for record in trial["records"]:
                name = f"{trial['layers']} {trial['activation']} {trial['seed']}"
                yield {"network": name, "kind": "study", **record}
