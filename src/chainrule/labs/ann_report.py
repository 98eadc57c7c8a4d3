"""All that the lab has measured, in tables, sentences and the report."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from statistics import mean
from typing import Any

import numpy as np

from chainrule.datasets import FashionMNIST, Source
from chainrule.interop import ReferenceRun
from chainrule.interop.pytorch import import_torch
from chainrule.labs.ann_activations import (
    ACTIVATIONS,
    elu,
    elu_derivative,
    largest_difference_from_engine,
    softmax,
    softmax_derivative,
)
from chainrule.labs.ann_document import CLASSES, EPOCHS, POINTS, SETTINGS, STEP_LOSSES, Row, calculated_rows
from chainrule.labs.ann_findings import (
    SENTENCES,
    Architectures,
    architecture_differences,
    architecture_table,
    join,
    on_activation,
    on_depth,
    on_saddle,
)
from chainrule.labs.ann_four_classes import FOUR_OUTPUTS, ONE_OUTPUT, TWO_GROUPS, FourClasses
from chainrule.labs.ann_networks import CustomANN, SimpleANN
from chainrule.labs.ann_reference import networks_in_pytorch
from chainrule.labs.ann_study import Study
from chainrule.labs.comparison import Comparison, scientific
from chainrule.labs.options import Options
from chainrule.labs.results import markdown_table
from chainrule.ops import Array

TITLES = {
    "vanishing": "Vanishing gradients",
    "exploding": "Exploding gradients",
    "dying": "Dying ReLU",
    "initialisation": "Initialisation",
    "clipping": "Gradient clipping",
    "normalisation": "Batch normalisation",
    "residual": "Residual connections",
    "saddle": "Saddle points",
    "momentum": "Momentum",
    "adam": "Adam",
}


@dataclass
class AnnResults:
    """What a run has measured.

    Attributes
    ----------
    options : Options
    train, test : FashionMNIST
    comparison : Comparison
        Of the classifier's training with PyTorch's.
    note : str
        Which run of PyTorch that is.
    confusion : ndarray of int, shape (10, 10)
    four : FourClasses
    nudged : list of dict or None
        See ``run_nudged``; None without experiments, as the next two.
    architectures : dict or None
    study : dict or None
    """

    options: Options
    train: FashionMNIST
    test: FashionMNIST
    comparison: Comparison
    note: str
    confusion: Array
    four: FourClasses
    nudged: list[dict[str, Any]] | None = None
    architectures: Architectures | None = None
    study: Study | None = None

    # ---- numbers -----------------------------------------------------------------------------------------------

    @property
    def ours(self) -> list[dict[str, Any]]:
        """The records of our epochs."""
        return self.comparison.ours.epochs

    @property
    def reference(self) -> ReferenceRun | None:
        """PyTorch's run."""
        return self.comparison.reference

    @property
    def recall(self) -> Array:
        """The share of each class that is recognised."""
        return np.asarray(np.diag(self.confusion) / np.maximum(self.confusion.sum(axis=1), 1))

    def pytorch_recall(self) -> Array | None:
        """Return PyTorch's, if its run says it."""
        if self.reference is None or "confusion" not in self.reference.epochs[-1]:
            return None
        matrix = np.asarray(self.reference.epochs[-1]["confusion"])
        return np.asarray(np.diag(matrix) / np.maximum(matrix.sum(axis=1), 1))

    def as_in_document(self) -> str:
        """Return how the training differs from the document's in its settings; "" if it does not."""
        own = {"images": len(self.train), "epochs": len(self.ours)}
        own |= {name: getattr(self.options, name) for name in ("batch_size", "lr", "seed")}
        said = [f"{name.replace('_', ' ')} {own[name]:,}" for name in SETTINGS if own[name] != SETTINGS[name]]
        return f"another training: {', '.join(said)}" if said else ""

    def summary(self) -> dict[str, Any]:
        """Return the numbers, for ``summary.json``."""
        four = {
            name: {
                "accuracy": outcome.accuracy,
                "loss": outcome.losses[-1],
                "largest_gradient": outcome.largest_gradient,
            }
            for name, outcome in self.four.outcomes.items()
        }
        rows = [{**row.cells(), "met": row.met} for row in self.rows()]
        result: dict[str, Any] = {
            **self.comparison.summary(),
            "train_accuracy": self.ours[-1]["train_accuracy"],
            "recall": dict(zip(self.test.classes, self.recall.tolist(), strict=True)),
            "confusion": self.confusion.tolist(),
            "four_classes": {**four, "largest_difference": self.four.largest_difference},
            "document": rows,
            "experiments": None,
        }
        if self.architectures and self.study and self.nudged:
            result["experiments"] = {
                "architectures": architecture_table(self.architectures),
                "rounding": [run["epochs"][-1]["validation_accuracy"] for run in self.nudged],
                "problems": {
                    group: {
                        name: {measure: trials.median(measure) for measure in ("accuracy", "dead")}
                        | {"errors": trials.layers("errors").tolist()}
                        for name, trials in members.items()
                    }
                    for group, members in self.study.items()
                },
            }
        return result

    def table(self) -> list[dict[str, Any]]:
        """Return a row for each epoch."""
        rows = []
        sides = [("chainrule", self.ours)]
        if self.reference is not None:
            sides.append(("PyTorch", self.reference.epochs))
        for i, epoch in enumerate(self.ours):
            row: dict[str, Any] = {"epoch": epoch["epoch"]}
            for measure in ("train_loss", "validation_loss"):
                for side, epochs in sides:
                    row[f"{measure.replace('_', ' ')} {side}"] = f"{epochs[i][measure]:.4f}"
            for measure in ("train_accuracy", "validation_accuracy"):
                for side, epochs in sides:
                    if measure in epochs[i]:
                        row[f"{measure.replace('_', ' ')} {side}"] = f"{epochs[i][measure]:.2%}"
            for side, epochs in sides:
                if side == "chainrule" or (self.reference and self.reference.kind == "live"):
                    row[f"seconds {side}"] = f"{epochs[i]['seconds']:.1f}"
            rows.append(row)
        return rows

    def class_table(self) -> list[dict[str, Any]]:
        """Return a row for each class."""
        theirs = self.pytorch_recall()
        rows = []
        for i, name in enumerate(self.test.classes):
            count = f"{self.confusion[i, i]:,} of {self.confusion[i].sum():,}"
            said = "not run" if theirs is None else f"{theirs[i]:.2%}"
            wrong = self.confusion[i].copy()
            wrong[i] = 0
            most = self.test.classes[int(wrong.argmax())]
            rows.append(
                {
                    "class": name,
                    "recognised": count,
                    "ours": f"{self.recall[i]:.2%}",
                    "PyTorch": said,
                    "document": f"{CLASSES[i]:.2f}%",
                    "most often taken for": f"{most} ({wrong.max():,})" if wrong.any() else "–",
                }
            )
        rows.append(
            {
                "class": "mean",
                "recognised": f"{np.diag(self.confusion).sum():,} of {self.confusion.sum():,}",
                "ours": f"{self.recall.mean():.2%}",
                "PyTorch": "not run" if theirs is None else f"{theirs.mean():.2%}",
                "document": f"{mean(CLASSES):.2f}%",
                "most often taken for": "",
            }
        )
        return rows

    # ---- the document ------------------------------------------------------------------------------------------

    def rows(self) -> list[Row]:
        """Return the numbers that the document states, with ours and PyTorch's."""
        torch, networks = None, None
        if self.options.reference in ("auto", "live"):
            with suppress(ImportError):
                torch, networks = import_torch(), networks_in_pytorch()
        return [*calculated_rows(torch, networks), *self._step_rows(), *self._epoch_rows(), *self._class_rows()]

    def _row(self, what: str, stated: str, ours: float, theirs: float | None, nudged: Sequence[float]) -> Row:
        why = self.as_in_document() or "rounding, carried on from step to step" + _range(stated, nudged)
        return Row(what, stated, ours, theirs, why)

    def _step_rows(self) -> list[Row]:
        rows = []
        for (epoch, batch), stated in STEP_LOSSES.items():
            if epoch > len(self.ours) or batch >= self.ours[epoch - 1]["steps"]:
                continue
            at = sum(e["steps"] for e in self.ours[: epoch - 1]) + batch
            theirs = None if self.reference is None else self.reference.steps[at]
            nudged = [run["steps"][at] for run in self.nudged or ()]
            name = f"loss, epoch {epoch}, batch {batch}"
            rows.append(self._row(name, f"{stated:.4f}", self.comparison.ours.steps[at], theirs, nudged))
        return rows

    def _epoch_rows(self) -> list[Row]:
        rows = []
        for epoch, numbers in EPOCHS.items():
            if epoch > len(self.ours):
                continue
            names = ("training loss", "training accuracy / %", "validation loss", "validation accuracy / %")
            places = (4, 2, 4, 2)
            ours = _of_epoch(self.ours, self.comparison.ours.steps, epoch)
            theirs: list[float | None] = [None] * 4
            if self.reference is not None:
                theirs = _of_epoch(self.reference.epochs, self.reference.steps, epoch)
            nudged = [_of_epoch(run["epochs"], run["steps"], epoch) for run in self.nudged or ()]
            for i, name in enumerate(names):
                value = ours[i]
                assert value is not None
                others = [run[i] for run in nudged]
                stated = f"{numbers[i]:.{places[i]}f}"
                rows.append(
                    self._row(
                        f"{name}, epoch {epoch}", stated, value, theirs[i], [o for o in others if o is not None]
                    )
                )
        return rows

    def _class_rows(self) -> list[Row]:
        theirs = self.pytorch_recall()
        sizes = self.confusion.sum(axis=1)
        return [
            self._row(
                f"{name} / %",
                f"{stated:.2f}",
                100 * float(self.recall[i]),
                None if theirs is None else 100 * float(theirs[i]),
                [100 * run["right"][i] / int(sizes[i]) for run in self.nudged or ()],
            )
            for i, (name, stated) in enumerate(zip(self.test.classes, CLASSES, strict=True))
        ]

    # ---- sentences ---------------------------------------------------------------------------------------------

    def headline(self) -> str:
        """Say what the figure of the training shows."""
        first, last = self.ours[0], self.ours[-1]
        if len(self.ours) == 1:
            return f"After one epoch {last['validation_accuracy']:.2%} of the test images are recognised"
        return (
            f"Validation accuracy goes from {first['validation_accuracy']:.2%} to "
            f"{last['validation_accuracy']:.2%} in "
            f"{len(self.ours)} epochs"
        )

    def on_quality(self) -> str:
        """Say what was learnt, and what is the weakest class."""
        last = self.ours[-1]
        worst, best = int(self.recall.argmin()), int(self.recall.argmax())
        classes = self.test.classes
        lower = last["train_accuracy"] < last["validation_accuracy"]
        training = (
            f"In training it is {'lower' if lower else 'not lower'}, {last['train_accuracy']:.2%}, although "
            f"{'the network has seen those images: dropout is on there' if lower else 'dropout is on there'}"
        )
        same = "as in the document" if classes[worst] == "Shirt" else "in the document it is Shirt"
        return (
            f"{self.headline()}. {training}. {classes[best]} is recognised best "
            f"({self.recall[best]:.1%}), {classes[worst]} worst ({self.recall[worst]:.1%}), {same}."
        )

    def on_pytorch(self) -> str:
        """Say how our training and PyTorch's compare, and what rounding has to do with it."""
        if self.reference is None:
            return "There is no run of PyTorch to compare this with."
        ours, differences = self.comparison.ours.steps, self.comparison.differences
        start = (
            f"Both begin with the same loss to the last bit, {ours[0]!r}: same weights, same batch, same "
            "dropout masks."
            if differences[0] == 0
            else f"The first losses differ by {scientific(float(differences[0]))}."
        )
        n = min(20, len(differences))
        mine, theirs = self.ours[-1]["validation_accuracy"], self.reference.epochs[-1]["validation_accuracy"]
        ends = f"In the end they recognise {mine:.2%} and {theirs:.2%} of the test images."
        return (
            f"{start} In the first {n} steps they are {scientific(float(differences[:n].max()))} apart at "
            "most, in the "
            f"last {n} {scientific(float(differences[-n:].mean()))} on the mean. {ends} {self.on_rounding()}"
        )

    def on_rounding(self) -> str:
        """Say whether PyTorch is further from us than we are from ourselves, but for one bit."""
        if not self.nudged:
            return (
                "With `--experiments` the lab measures how much of that is rounding, carried on from step to step."
            )
        assert self.reference is not None
        n = min(100, len(self.comparison.ours.steps))
        plain, *nudged = self.nudged
        drift = [_drift(run["steps"], plain["steps"], n) for run in nudged]
        theirs = float(self.comparison.differences[-n:].mean())
        shares = [run["epochs"][-1]["validation_accuracy"] for run in self.nudged]
        verdict = (
            "so far does rounding alone carry a training"
            if theirs <= 2 * max(drift)
            else "which is less: rounding alone does not explain all of it"
        )
        return (
            f"Our own training, begun again with the last bit of one weight changed, is in the end "
            f"{join([scientific(d) for d in drift])} apart from the one without the change (PyTorch from ours: "
            f"{scientific(theirs)}; means of the last {n} steps), {verdict}. These runs, the unchanged one on one "
            f"thread first, end at {join([f'{share:.2%}' for share in shares])}."
        )

    def on_four_classes(self) -> str:
        """Say what one output can't do."""
        one, two, four = (self.four.outcomes[name] for name in (ONE_OUTPUT, TWO_GROUPS, FOUR_OUTPUTS))
        beside = (
            ""
            if self.four.largest_difference is None
            else f" PyTorch's losses differ by {scientific(self.four.largest_difference)} at most."
            if self.four.largest_difference
            else " PyTorch's losses are the same to the last bit."
        )
        return (
            f"Cross-entropy asked for four classes of one output answers: «{self.four.refusal}». With the one "
            "label "
            f"that a single output knows, the loss is {one.losses[0]:g} from the beginning and the largest "
            "gradient "
            f"{one.largest_gradient:g}: 2-4-1 can learn nothing that way, and says the right class of "
            f"{one.accuracy:.1%} of the points. With the logistic loss it tells two groups apart: "
            f"{two.accuracy:.1%}. "
            f"2-4-4 says the right class of {four.accuracy:.1%} after {len(four.losses)} epochs.{beside}"
        )

    def on_activations(self) -> str:
        """Say how the formulas compare with the engine."""
        worst = largest_difference_from_engine(np.linspace(-5, 5, 1001)[::50])
        apart = "are the same to the last bit" if worst == 0 else f"differ by {scientific(worst)} at most"
        return f"The formulas and the engine's forward and backward passes {apart}, in float64."

    def conclusions(self) -> list[str]:
        """Return what the terminal shows."""
        said = [
            self.note,
            self.on_quality(),
            self.on_pytorch(),
            self.comparison.on_speed(),
            self.on_four_classes(),
        ]
        if self.architectures:
            said += [on_depth(self.architectures), on_activation(self.architectures)]
        return said


def _drift(steps: Any, others: Any, n: int) -> float:
    return float(np.abs(np.subtract(steps, others))[-n:].mean())


def _range(stated: str, nudged: Sequence[float]) -> str:
    """Say between what one changed bit puts a number."""
    if not nudged:
        return ""
    places = len(stated.partition(".")[2])
    return f"; rounding alone gave {min(nudged):.{places}f} to {max(nudged):.{places}f}"


def _of_epoch(epochs: Any, steps: Any, number: int) -> list[float | None]:
    """Return what the document prints of an epoch; its training loss is the mean over the batches."""
    start = sum(e["steps"] for e in epochs[: number - 1])
    epoch = epochs[number - 1]
    accuracy = epoch.get("train_accuracy")
    return [
        float(np.mean(steps[start : start + epoch["steps"]])),
        None if accuracy is None else 100 * accuracy,
        epoch["validation_loss"],
        100 * epoch["validation_accuracy"],
    ]


# ---- the report -----------------------------------------------------------------------------------------------


def write_report(results: AnnResults, summary: dict[str, Any]) -> str:
    """Return the report."""
    versions = ", ".join(f"{name} {version}" for name, version in summary["versions"].items())
    threads = ", ".join(f"{name}: {n}" for name, n in summary["threads"].items())
    rows = results.rows()
    met = sum(row.met for row in rows)
    options = results.options
    epochs = f"{len(results.ours)} epoch{'s' * (len(results.ours) > 1)}"
    return f"""# Artificial neural networks

{results.headline()}.

![Training](training.png)

## Conclusions

**Quality.** {results.on_quality()}

**Beside PyTorch.** {results.on_pytorch()}

**Speed.** {results.comparison.on_speed()}

**The document.** {met} of its {len(rows)} numbers that this run has too are met to the digits that it prints; the
table at the end has them all.

## Activations

{results.on_activations()}

![Activation functions](activations.png)

![Derivatives](derivatives.png)

{markdown_table(_activation_table(0))}

{markdown_table(_activation_table(1))}

ELU with α = 1, and what the softmax makes of three numbers, with its derivative ∂sᵢ/∂zⱼ, to which every input
contributes:

{markdown_table(_elu_table())}

{markdown_table(_softmax_table())}

![ELU](elu.png)

## Networks

`SimpleANN(4, 8, 2)` has {sum(p.numel() for p in SimpleANN(4, 8, 2).parameters())} parameters:
{", ".join(f"`{name}` {shape}" for name, shape in SimpleANN(4, 8, 2).shapes().items())}.
{_on_custom()}

### Four classes

{results.on_four_classes()}

![Four classes](four_classes.png)

## FashionMNIST

![Samples](samples.png)

### Epoch by epoch

{markdown_table(results.table())}

The training loss is the mean over the images, with dropout, while the weights change; the validation loss is the
mean over the batches. Seconds are those of training alone.

![Losses of both networks](loss.png)

### Class by class

{markdown_table(results.class_table())}

![Confusion matrix](confusion.png)

![Predictions](predictions.png)

{_experiments(results)}
## What was run

- Network: 784-512-256-128-10, ReLU, dropout 0.3, cross-entropy, Adam with learning rate {options.lr:g}, batches of
  {options.batch_size}, shuffled, {epochs}, seed {options.seed}. Before it, a `SimpleANN(4, 8, 2)` draws its
  weights, as in the document.
- Training data: {_source(results.train.source)}; pixels / 255, less 0.2860, divided by 0.3530.
- Test data, which the document validates with: {_source(results.test.source)}. Checksums are in `summary.json`.
- Reference: {results.note}
- Versions: {versions}. Threads: {threads}.

## The document's numbers

{markdown_table([row.cells() for row in rows])}
"""


def _source(source: Source) -> str:
    return f"{source.dataset}, {source.kind}, {source.images:,} images"


def _activation_table(kind: int) -> list[dict[str, Any]]:
    rows = []
    for activation in ACTIVATIONS.values():
        values = (activation.function, activation.derivative)[kind](POINTS)
        name = activation.name if kind == 0 else f"{activation.name}, derivative"
        rows.append({"z": name, **{f"{z:g}": f"{v + 0.0:.8g}" for z, v in zip(POINTS, values, strict=True)}})
    return rows


def _elu_table() -> list[dict[str, str]]:
    z = np.arange(-2.0, 3.0)
    rows = {"ELU": elu(z), "ELU, derivative": elu_derivative(z)}
    return [
        {"z": k, **{f"{x:g}": f"{v + 0.0:.4f}" for x, v in zip(z, row, strict=True)}} for k, row in rows.items()
    ]


def _softmax_table() -> list[dict[str, str]]:
    z = np.array([1.0, 2.0, 3.0])
    rows = zip(z, softmax(z), softmax_derivative(z), strict=True)
    return [
        {
            "zᵢ": f"{x:g}",
            "sᵢ": f"{s:.4f}",
            **{f"∂sᵢ/∂z{j}": f"{d:.4f}" for j, d in zip("₁₂₃", slopes, strict=True)},
        }
        for x, s, slopes in rows
    ]


def _on_custom() -> str:
    model = CustomANN([784, 128, 64, 10])
    shapes = ", ".join(str(tuple(a.shape)) for a in model.get_layer_outputs(np.zeros((32, 784), np.float32)))
    return (
        f"`CustomANN([784, 128, 64, 10])` has {model.count_parameters():,}; for 32 images its layers give "
        "arrays of "
        f"shape {shapes}."
    )


def _experiments(results: AnnResults) -> str:
    if not (results.architectures and results.study):
        return "## Experiments\n\nThey were not asked for: `--experiments` runs them.\n"
    figures = {"saddle": on_saddle(), **{name: SENTENCES[name](results.study) for name in SENTENCES}}
    problems = "\n".join(
        f"### {title}\n\n{figures[name]}\n\n![{title}]({name}.png)\n" for name, title in TITLES.items()
    )
    drift = "\n![Drift](drift.png)\n" if results.reference is not None else ""
    return f"""## Experiments

{markdown_table(architecture_table(results.architectures))}

Trained for {results.options.epochs} epochs, batches of {results.options.batch_size}, Adam with learning rate
{results.options.lr:g}, from three seeds. Times are those of one thread, with other trainings beside.

### Depth

{on_depth(results.architectures)}

![Depth](depth.png)

### Activation

{on_activation(results.architectures)}

![Activation](activation.png)

{architecture_differences(results.architectures)}

### Rounding

{results.on_rounding() if results.reference is not None else "There is no run of PyTorch to compare with."}
{drift}
## Problems and remedies

Measured on the first 10,000 training images and the first 2,000 test images; medians of three seeds.

{problems}"""
