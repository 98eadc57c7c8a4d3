"""What the tutorial lab has to say: its numbers, its sentences, its report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chainrule.datasets import Source
from chainrule.labs.comparison import Comparison
from chainrule.labs.options import Options
from chainrule.labs.report import markdown_table, what_was_run
from chainrule.labs.words import counted, points, scientific

SHORT_WAY = 2.0  # steps times learning rate; five epochs on the whole data set are 4.7
LOADERS = {
    "chainrule": "chainrule's `DataLoader`",
    "torch": "torchvision's `FashionMNIST` and PyTorch's own `DataLoader`",
}


@dataclass(frozen=True)
class TutorialResults:
    """The lab's measurements, and what they say.

    Attributes
    ----------
    options : Options
    sources : mapping of str to Source
        "train" and "test".
    comparison : Comparison
    """

    options: Options
    sources: Mapping[str, Source]
    comparison: Comparison

    @property
    def loader(self) -> str:
        """Whose batches both networks were trained on."""
        return str(self.options.extra.get("loader", "chainrule"))

    def summary(self) -> dict[str, Any]:
        """Return the numbers, for ``summary.json``."""
        return {"loader": self.loader, **self.comparison.summary()}

    def table(self) -> list[dict[str, Any]]:
        """Return one row per epoch."""
        return self.comparison.table()

    def conclusions(self) -> list[str]:
        """Return the sentences, made from the numbers."""
        return [self.comparison.on_quality(), self.comparison.on_speed()]

    @staticmethod
    def on_predictions(right: int, images: int) -> str:
        """Say what the figure of the predictions shows."""
        return f"{right} of the first {images} test images are recognised (the others in orange, with the truth)"

    def report(self, summary: dict[str, Any]) -> str:
        """Return the report."""
        quality, speed = self.conclusions()
        ran = what_was_run(
            summary,
            "Network: 784 → 512 → ReLU → 512 → ReLU → 10, cross-entropy, SGD with learning rate "
            f"{self.options.lr:g}, batches of {self.options.batch_size} from {LOADERS[self.loader]}, not "
            f"shuffled, {self._epochs()}, seed {self.options.seed}.",
        )
        return f"""# PyTorch's beginner tutorial in NumPy

![{self.comparison.headline()}](loss.png)

## Conclusions

**Quality of training.** {quality}

**Speed.** {speed}

## Epoch by epoch

{markdown_table(self.table())}

The test loss is the mean over the test batches, as the tutorial prints it. Seconds are those of training alone.
{self._on_sample()}
## What the tutorial's task asks for

{markdown_table(self._criteria())}

## What was run

{ran}

## What the network sees

![Predictions](predictions.png)

Under each picture stands the network's answer, with the probability that the network gives it.

## What went on inside

`chainrule report` with the folder of this run writes a page that shows the state of the training, step by step and
epoch by epoch, and says what is wrong with it.
"""

    def _epochs(self) -> str:
        return counted(len(self.comparison.ours.epochs), "epoch")

    def _on_sample(self) -> str:
        """Say, where it is so, why the accuracy is low."""
        steps, lr = len(self.comparison.ours.steps), self.options.lr
        if self.sources["train"].kind != "sample" or steps * lr > SHORT_WAY:
            return ""
        return (
            f"\nThe data are the embedded sample: so few images and a learning rate of {lr:g} leave the network "
            f"at the beginning of its training after {self._epochs()}.\n"
        )

    def _criteria(self) -> list[dict[str, Any]]:
        """Hold the run against what the task asks for; it names no numbers of its own."""
        ours, reference = self.comparison.ours, self.comparison.reference
        last = ours.epochs[-1]["validation_accuracy"]
        start = {"asked for": "identical loss at the start", "chainrule": repr(ours.steps[0])}
        end = {"asked for": "the same final accuracy", "chainrule": f"{last:.2%}"}
        if reference is None:
            return [{**row, "PyTorch": "not run", "difference": "not known"} for row in (start, end)]
        theirs = reference.epochs[-1]["validation_accuracy"]
        apart = abs(ours.steps[0] - reference.steps[0])
        start |= {"PyTorch": repr(reference.steps[0]), "difference": scientific(apart) if apart else "none"}
        end |= {"PyTorch": f"{theirs:.2%}", "difference": points(last - theirs, 2) if last != theirs else "none"}
        return [start, end]
