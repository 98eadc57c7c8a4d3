"""What two trainings of one network have to say about each other, in numbers and in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any

import numpy as np

from chainrule.interop import ReferenceRun
from chainrule.labs.words import counted, points, roughly, scientific
from chainrule.train import History

# Nat: as far as rounding goes in thousands of steps. For float32 it is a tenth of a line's width on a figure.
COINCIDE = {"float32": 1e-4, "float64": 1e-10}
SAME_SPEED = 0.03  # ratios that are closer to 1 than this are not told apart
FEW = 4  # epochs; fewer have no quartiles worth the name


@dataclass(frozen=True)
class Comparison:
    """Our training, and PyTorch's of the same network from the same seed on the same batches.

    Attributes
    ----------
    ours : History
    reference : ReferenceRun or None
        Without the losses of steps, those of epochs are compared.
    """

    ours: History
    reference: ReferenceRun | None

    @property
    def by_step(self) -> bool:
        """Whether the losses of steps are compared, not those of epochs."""
        return self.reference is None or bool(self.reference.steps)

    @property
    def unit(self) -> str:
        """What the losses are of: "step" or "epoch"."""
        return "step" if self.by_step else "epoch"

    def losses(self) -> list[list[float]]:
        """Return the losses that are compared: ours, and PyTorch's if there are some."""
        sides: list[History | ReferenceRun] = [self.ours, *([self.reference] if self.reference else [])]
        return [side.steps if self.by_step else [e["train_loss"] for e in side.epochs] for side in sides]

    @property
    def differences(self) -> Any:
        """|difference| of the losses, step by step or epoch by epoch."""
        ours, theirs = self.losses()
        return np.abs(np.subtract(ours, theirs))

    @property
    def coincides(self) -> bool:
        """Whether the losses differ by no more than rounding usually does in thousands of steps."""
        assert self.reference is not None
        return bool(self.differences.max() <= COINCIDE[self.reference.dtype])

    def speed_ratios(self) -> list[float]:
        """Return our seconds divided by PyTorch's, epoch by epoch; empty if PyTorch was not timed here."""
        if self.reference is None or self.reference.kind != "live":
            return []
        pairs = zip(self.ours.epochs, self.reference.epochs, strict=True)
        return [a["seconds"] / b["seconds"] for a, b in pairs]

    def curves(self) -> tuple[History, ReferenceRun | None]:
        """Return both sides for the figures."""
        return self.ours, self.reference

    def summary(self) -> dict[str, Any]:
        """Return the numbers, for ``summary.json``."""
        result: dict[str, Any] = {
            "first_loss": {"chainrule": self.losses()[0][0]},
            "epochs": [{"epoch": e["epoch"], "chainrule": _measures(e)} for e in self.ours.epochs],
        }
        if self.reference is None:
            return {**result, "reference": None}
        result["first_loss"]["pytorch"] = self.losses()[1][0]
        for row, epoch in zip(result["epochs"], self.reference.epochs, strict=True):
            row["pytorch"] = _measures(epoch)
        step = int(np.argmax(self.differences))
        result["largest_difference"] = {"value": float(self.differences[step]), self.unit: step + 1}
        ratios = self.speed_ratios()
        result["seconds_ratio"] = {"median": median(ratios), "of_epochs": ratios} if ratios else None
        result["reference"] = {"kind": self.reference.kind, "torch": self.reference.torch}
        return result

    def table(self, measures: Sequence[str] = ("validation_accuracy", "validation_loss")) -> list[dict[str, Any]]:
        """Return one row per epoch, for people. Seconds of a recorded run are not shown: another machine's.

        Parameters
        ----------
        measures : sequence of str
            Keys of the records of the epochs, each with a column for both sides; PyTorch's may lack some.
        """
        sides = {"chainrule": self.ours.epochs}
        if self.reference is not None:
            sides["PyTorch"] = self.reference.epochs
        timed = ["seconds"] if self.reference is None or self.reference.kind == "live" else []
        rows = []
        for i, epoch in enumerate(self.ours.epochs):
            row: dict[str, Any] = {"epoch": epoch["epoch"]}
            for measure in [*measures, *timed]:
                for side, records in sides.items():
                    if measure in records[i]:
                        row[f"{_title(measure)} {side}"] = _shown(measure, records[i][measure])
            if not timed:
                row["seconds chainrule"] = _shown("seconds", epoch["seconds"])
            rows.append(row)
        return rows

    # ---- sentences ------------------------------------------------------------------------------------------

    def on_quality(self) -> str:
        """Say whether both learnt the same."""
        first, last = self.ours.epochs[0], self.ours.epochs[-1]
        learnt = (
            f"The loss on the test images went from {first['validation_loss']:.4f} after the first epoch to "
            f"{last['validation_loss']:.4f} after epoch {last['epoch']}"
            if len(self.ours.epochs) > 1
            else f"After one epoch the loss on the test images is {last['validation_loss']:.4f}"
        )
        if self.reference is None:
            share = f"{last['validation_accuracy']:.2%} of them are recognised"
            return f"{learnt}, and {share}. There is no run of PyTorch to compare this with."
        return f"{self._on_start()} {self._on_way()} {self._on_end()} {learnt}."

    def _on_start(self) -> str:
        ours, theirs = (losses[0] for losses in self.losses())
        if ours == theirs and self.by_step:
            return f"Both networks start from the same loss to the last bit, {ours!r}."
        if not self.by_step:
            return "The mean losses of the epochs are compared."
        return f"The first losses are {ours!r} and {theirs!r}; they differ by {scientific(abs(ours - theirs))}."

    def _on_way(self) -> str:
        largest, at = float(self.differences.max()), int(self.differences.argmax())
        n = counted(len(self.differences), self.unit)
        if largest == 0:
            return f"In {n} the two losses are never different."
        assert self.reference is not None
        unit = np.spacing(np.dtype(self.reference.dtype).type(self.losses()[0][at]))
        bits = (
            f"{scientific(largest)} ({self.unit} {at + 1:,}), {_shown_units(largest / unit)} in the last place of "
            f"a {self.reference.dtype}"
        )
        if self.coincides:
            return f"In {n} the two losses are never further apart than {bits}."
        return f"Over {n} the two losses drift apart by up to {bits}."

    def _on_end(self) -> str:
        assert self.reference is not None
        ours, theirs = (r.epochs[-1]["validation_accuracy"] for r in (self.ours, self.reference))
        if ours == theirs:
            return f"In the end both recognise the same share of the test images, {ours:.2%}."
        who = "chainrule" if ours > theirs else "PyTorch"
        return (
            f"In the end chainrule recognises {ours:.2%} of the test images and PyTorch {theirs:.2%}: "
            f"{who} is ahead by {points(ours - theirs, 2)}."
        )

    def on_speed(self) -> str:
        """Say who was faster, from the epochs that were timed in turn."""
        ours = median(e["seconds"] for e in self.ours.epochs)
        ratios = self.speed_ratios()
        if self.reference is None or not ratios:
            why = "was recorded before" if self.reference else "did not run"
            return (
                f"An epoch took {ours:.2f} s (median). PyTorch {why}, so this run says nothing about who is "
                "faster: with `--reference live` the two are trained and timed in turn."
            )
        theirs = median(e["seconds"] for e in self.reference.epochs)
        ratio, (low, high) = median(ratios), _spread(ratios)
        of = f"median of {len(ratios)} epochs" if len(ratios) > 1 else "one epoch"
        middle = "the middle half " if len(ratios) >= FEW else ""
        between = f", {middle}between {low:.1%} and {high:.1%}" if len(ratios) > 1 else ""
        times = (
            f"An epoch took chainrule {ours:.2f} s and PyTorch {theirs:.2f} s (medians, trained in turn). Epoch "
            f"by epoch chainrule needed {ratio:.1%} of PyTorch's time ({of}{between})"
        )
        if abs(ratio - 1) <= SAME_SPEED and high - low <= 2 * SAME_SPEED:
            return f"{times}: that is no difference worth the name."
        if high < 1:
            return f"{times}: chainrule is the faster one."
        if low > 1:
            return f"{times}: PyTorch is the faster one."
        return f"{times}: the epochs don't agree on who is faster. `make bench` measures in short rounds."

    def headline(self) -> str:
        """Say in one line what the figure of the losses shows."""
        losses = self.ours.epochs[-1]["train_loss"]
        if self.reference is None:
            first = self.losses()[0][0]
            return f"The loss {'falls' if losses < first else 'goes'} from {first:.2f} to {losses:.2f}"
        largest = float(self.differences.max())
        n = counted(len(self.differences), self.unit)
        if self.coincides:
            return f"The two curves coincide: in {n} they are never more than {scientific(largest)} apart"
        return f"The two curves drift apart by up to {scientific(largest)} in {n}"


def _spread(ratios: list[float]) -> tuple[float, float]:
    """Return the quartiles, or of few the least and the greatest: one busy moment must not decide."""
    if len(ratios) < FEW:
        return min(ratios), max(ratios)
    low, _, high = quantiles(ratios, n=4, method="inclusive")
    return low, high


def _measures(epoch: dict[str, Any]) -> dict[str, Any]:
    names = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "seconds")
    return {name: epoch[name] for name in names if name in epoch}


def _title(measure: str) -> str:
    """Return what a column is called.

    Examples
    --------
    >>> _title("validation_accuracy"), _title("validation_loss"), _title("train_loss")
    ('accuracy', 'test loss', 'training loss')
    """
    words = measure.replace("train_", "training ").replace("validation_", "test ").replace("_", " ")
    return words if words.endswith("loss") else words.removeprefix("test ")


def _shown(measure: str, value: float) -> str:
    if measure == "seconds":
        return f"{value:.2f}"
    return f"{value:.5f}" if measure.endswith("loss") else f"{value:.2%}"


def _shown_units(units: float) -> str:
    """Say how many units a difference is."""
    return (
        "one unit"
        if round(units) == 1
        else f"{roughly(round(units))} units"
        if units >= 1
        else "less than one unit"
    )
