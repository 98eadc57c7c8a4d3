"""What follows in numbers from many perceptrons, each trained from several seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from chainrule.labs.framework.digits import ACTIVATIONS, DEPTHS
from chainrule.labs.repeated import Paired, paired

HARDLY = 0.25  # accuracy on ten digits up to which a network has learnt nothing to speak of

Records: TypeAlias = list[dict[str, Any]]  # of epochs 0, 1, …, as Watch makes them
Network: TypeAlias = tuple[int, str]  # layers, and the class of the activation between them

ONE_LAYER: Network = (1, "Identity")


@dataclass(frozen=True)
class Study:
    """The perceptrons that were trained on digits.

    Attributes
    ----------
    trials : list of dict
        Settings and results of each training.
    images : int
        With how many was validated.
    """

    trials: list[dict[str, Any]]
    images: int

    @property
    def networks(self) -> list[Network]:
        """The networks, each once, from the shallowest to the deepest."""
        return [ONE_LAYER, *((layers, activation) for layers in DEPTHS for activation in ACTIVATIONS)]

    def of(self, network: Network) -> list[dict[str, Any]]:
        """Return the trainings of a network, from the first seed to the last."""
        own = [trial for trial in self.trials if (trial["layers"], trial["activation"]) == network]
        return sorted(own, key=lambda trial: trial["seed"])

    @property
    def seeds(self) -> int:
        """From how many seeds each network was trained."""
        return len(self.of(ONE_LAYER))

    # ---- accuracy -------------------------------------------------------------------------------------------

    def accuracies(self, network: Network, phase: str = "validation") -> list[float]:
        """Return the accuracy of a network in the end, seed by seed; "training" is NaN where a loss ran away."""
        return [trial["records"][-1].get(f"{phase}_accuracy", math.nan) for trial in self.of(network)]

    def accuracy(self, network: Network, phase: str = "validation") -> float:
        """Return the mean of them."""
        return float(np.mean(self.accuracies(network, phase)))

    def gain(self, network: Network, base: Network) -> Paired:
        """Return by how much a network recognises more new digits than another, seed by seed."""
        return paired(self.accuracies(network), self.accuracies(base))

    def by_choice_of_images(self, network: Network, base: Network) -> float:
        """Return how far that gain may be off because it was measured with these images and no others.

        Twice the standard error of the mean over the images, of which those that both networks recognise, or both
        don't, say nothing: as in the test of McNemar (Psychometrika 12, 1947), with several seeds.
        """
        gained = np.zeros(self.images)
        for trials, sign in ((self.of(network), -1), (self.of(base), 1)):
            for trial in trials:
                gained[trial["wrong"]] += sign / self.seeds
        return 2 * float(gained.std()) / math.sqrt(self.images)

    def told_apart(self, network: Network, base: Network) -> bool:
        """Return whether two networks differ by more than other seeds, and other images, would explain."""
        gain = self.gain(network, base)
        return abs(gain.mean) > max(gain.uncertainty, self.by_choice_of_images(network, base))

    def gaps(self, network: Network) -> list[float]:
        """Return by how much more of the known digits a network recognises than of new ones, seed by seed."""
        pairs = zip(self.accuracies(network, "training"), self.accuracies(network), strict=True)
        return [known - new for known, new in pairs]

    # ---- what learns nothing --------------------------------------------------------------------------------

    def stuck(self, trial: dict[str, Any]) -> bool:
        """Return whether a training has come to nothing."""
        return bool(trial["records"][-1]["validation_accuracy"] <= HARDLY)

    def stuck_seeds(self) -> dict[Network, int]:
        """Return which networks have come to nothing, and from how many seeds."""
        counts = {network: sum(map(self.stuck, self.of(network))) for network in self.networks}
        return {network: n for network, n in counts.items() if n}

    def weight_changes(self, stuck: bool) -> list[float]:
        """Return by what share the greatest |weight| of layer 1 has changed, in what came to nothing or not."""
        ends = [(t["records"][0], t["records"][-1]) for t in self.trials if self.stuck(t) == stuck]
        return [abs(after["max_weight"][0] / before["max_weight"][0] - 1) for before, after in ends]

    # ---- courses and gradients, means over the seeds --------------------------------------------------------

    def course(self, network: Network, name: str) -> list[float]:
        """Return a measure after each epoch from 0 on, as far as every seed has come."""
        runs = [[record[name] for record in trial["records"]] for trial in self.of(network)]
        return [float(np.mean(values)) for values in zip(*runs, strict=False)]

    def gradients(self, network: Network) -> Sequence[float]:
        """Return the norm of each layer's gradient before training."""
        norms = [trial["records"][0]["gradient"] for trial in self.of(network)]
        return [float(norm) for norm in np.mean(norms, axis=0)]
