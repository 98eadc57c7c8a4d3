"""What two trainings of one network have to say about each other, in numbers and in sentences."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np

from chainrule.interop import ReferenceRun
from chainrule.plot import Curve
from chainrule.train import History

COINCIDE = 1e-5  # losses of 2.3 and below, in float32: a difference of rounding alone stays under this
SAME_SPEED = 0.03  # medians that are closer than this are not told apart


@dataclass(frozen=True)
class Comparison:
    """Our training, and PyTorch's of the same network from the same seed on the same batches.

    Attributes
    ----------
    ours : History
    reference : ReferenceRun or None
    """

    ours: History
    reference: ReferenceRun | None

    @property
    def differences(self) -> Any:
        """|difference| of the losses, step by step."""
        assert self.reference is not None
        return np.abs(np.asarray(self.ours.steps) - np.asarray(self.reference.steps))

    def speed_ratio(self) -> float | None:
        """Return the median over the epochs of our seconds divided by PyTorch's; None if not timed here."""
        if self.reference is None or self.reference.kind != "live":
            return None
        pairs = zip(self.ours.epochs, self.reference.epochs, strict=True)
        ratio: float = median(a["seconds"] / b["seconds"] for a, b in pairs)
        return ratio

    def curves(self) -> tuple[Curve, Curve | None]:
        """Return both sides for the figures."""
        return _curve("chainrule", self.ours), (
            _curve(f"PyTorch {self.reference.torch} ({self.reference.kind})", self.reference)
            if self.reference
            else None
        )

    def summary(self) -> dict[str, Any]:
        """Return the numbers, for ``summary.json``."""
        result: dict[str, Any] = {
            "first_loss": {"chainrule": self.ours.steps[0]},
            "epochs": [{"epoch": e["epoch"], "chainrule": _measures(e)} for e in self.ours.epochs],
        }
        if self.reference is None:
            return {**result, "reference": None}
        result["first_loss"]["pytorch"] = self.reference.steps[0]
        for row, epoch in zip(result["epochs"], self.reference.epochs, strict=True):
            row["pytorch"] = _measures(epoch)
        step = int(np.argmax(self.differences))
        result["largest_difference"] = {"value": float(self.differences[step]), "step": step + 1}
        result["seconds_ratio"] = self.speed_ratio()
        result["reference"] = {"kind": self.reference.kind, "torch": self.reference.torch}
        return result

    def table(self) -> list[dict[str, Any]]:
        """Return one row per epoch, for people. Seconds of a recorded run are not shown: another machine's."""
        rows = []
        for i, epoch in enumerate(self.ours.epochs):
            row: dict[str, Any] = {"epoch": epoch["epoch"]}
            sides = {"chainrule": epoch}
            if self.reference is not None:
                sides["PyTorch"] = self.reference.epochs[i]
            for name, measured in sides.items():
                row[f"accuracy {name}"] = f"{measured['validation_accuracy']:.2%}"
            for name, measured in sides.items():
                row[f"test loss {name}"] = f"{measured['validation_loss']:.5f}"
            for name, measured in sides.items():
                if name == "chainrule" or (self.reference and self.reference.kind == "live"):
                    row[f"seconds {name}"] = f"{measured['seconds']:.2f}"
            rows.append(row)
        return rows

    # ---- sentences ------------------------------------------------------------------------------------------

    def on_quality(self) -> str:
        """Say whether both learnt the same."""
        first, last = self.ours.epochs[0], self.ours.epochs[-1]
        learnt = (
            f"The loss on the test images went from {first['validation_loss']:.4f} after the first epoch to "
            f"{last['validation_loss']:.4f} after epoch {last['epoch']}, and "
            f"{last['validation_accuracy']:.2%} of them are recognised."
            if len(self.ours.epochs) > 1
            else f"After one epoch the loss on the test images is {last['validation_loss']:.4f}, and "
            f"{last['validation_accuracy']:.2%} of them are recognised."
        )
        if self.reference is None:
            return f"{learnt} There is no run of PyTorch to compare this with."
        return f"{self._on_start()} {self._on_way()} {self._on_end()} {learnt}"

    def _on_start(self) -> str:
        assert self.reference is not None
        ours, theirs = self.ours.steps[0], self.reference.steps[0]
        if ours == theirs:
            return f"Both networks start from the same loss to the last bit, {ours!r}."
        return f"The first losses are {ours!r} and {theirs!r}; they differ by {abs(ours - theirs):.1e}."

    def _on_way(self) -> str:
        largest, step = float(self.differences.max()), int(self.differences.argmax()) + 1
        n = f"{len(self.ours.steps):,} steps"
        if largest == 0:
            return f"In {n} the two losses are never different."
        if largest <= COINCIDE:
            return (
                f"In {n} the two losses are never further apart than {largest:.1e} (step {step:,}): "
                "that is the rounding of float32, added up in another order."
            )
        return (
            f"Over {n} the two losses drift apart by up to {largest:.1e} (step {step:,}), "
            f"more than the {COINCIDE:g} that rounding alone explains here."
        )

    def _on_end(self) -> str:
        assert self.reference is not None
        ours, theirs = (r.epochs[-1]["validation_accuracy"] for r in (self.ours, self.reference))
        if ours == theirs:
            return f"In the end both recognise the same share of the test images, {ours:.2%}."
        points = 100 * abs(ours - theirs)
        who = "chainrule" if ours > theirs else "PyTorch"
        return (
            f"In the end chainrule recognises {ours:.2%} of the test images and PyTorch {theirs:.2%}: "
            f"{who} is ahead by {points:.2f} points."
        )

    def on_speed(self) -> str:
        """Say who was faster, from the epochs that were timed in turn."""
        ours = median(e["seconds"] for e in self.ours.epochs)
        ratio = self.speed_ratio()
        if self.reference is None or ratio is None:
            why = "was recorded on another machine" if self.reference else "did not run"
            return (
                f"An epoch took {ours:.2f} s (median). PyTorch {why}, so this run says nothing about who is "
                "faster: with PyTorch installed, the two are trained and timed in turn."
            )
        theirs = median(e["seconds"] for e in self.reference.epochs)
        times = f"{ours:.2f} s and {theirs:.2f} s for an epoch (medians of {len(self.ours.epochs)}, timed in turn)"
        if abs(ratio - 1) <= SAME_SPEED:
            return f"chainrule and PyTorch took {times}: no difference worth the name."
        faster, slower = ("chainrule", "PyTorch") if ratio < 1 else ("PyTorch", "chainrule")
        share = ratio if ratio < 1 else 1 / ratio
        return f"chainrule and PyTorch took {times}: {faster} needs {share:.0%} of the time of {slower}."

    def headline(self) -> str:
        """Say in one line what the figure of the losses shows."""
        losses = self.ours.epochs[-1]["train_loss"]
        if self.reference is None:
            return f"The loss falls from {self.ours.steps[0]:.2f} to {losses:.2f}"
        largest = float(self.differences.max())
        n = f"{len(self.ours.steps):,} steps"
        if largest <= COINCIDE:
            return f"The two curves coincide: in {n} they are never more than {largest:.1e} apart"
        return f"The two curves drift apart by up to {largest:.1e} in {n}"


def _curve(label: str, run: History | ReferenceRun) -> Curve:
    return Curve(
        label,
        run.steps,
        [e["validation_loss"] for e in run.epochs],
        [e["validation_accuracy"] for e in run.epochs],
    )


def _measures(epoch: dict[str, Any]) -> dict[str, Any]:
    names = ("train_loss", "validation_loss", "validation_accuracy", "seconds")
    return {name: epoch[name] for name in names}
