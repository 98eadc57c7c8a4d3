"""All that the lab has measured: the summary, the tables, and the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import mean
from typing import Any

import numpy as np

from chainrule.datasets import FashionMNIST
from chainrule.derivations.examples import EXAMPLES
from chainrule.interop import ReferenceRun
from chainrule.labs.ann import sentences
from chainrule.labs.ann.activations import (
    ACTIVATIONS,
    elu,
    elu_derivative,
    largest_difference_from_engine,
    softmax,
    softmax_derivative,
)
from chainrule.labs.ann.architectures import CONTROL, DEPTHS, Architectures, last
from chainrule.labs.ann.document import (
    CLASSES,
    EPOCHS,
    POINTS,
    SETTINGS,
    calculated_rows,
    exercise_rows,
    trained,
    trained_rows,
)
from chainrule.labs.ann.four_classes import FourClasses
from chainrule.labs.ann.networks import CustomANN, SimpleANN
from chainrule.labs.ann.remedies import IMAGES, TESTED, Study, Trials
from chainrule.labs.ann.sentences import PROBLEMS, Finding
from chainrule.labs.comparison import Comparison
from chainrule.labs.options import Options
from chainrule.labs.report import markdown_table, what_was_run
from chainrule.labs.rounding import Rounding
from chainrule.labs.stated import Stated, against_document, met_of, other_conditions
from chainrule.labs.words import counted, scientific
from chainrule.ops import Array

WORST = "Shirt"  # of the document's classes


@dataclass(frozen=True)
class Experiments:
    """What the experiments have measured.

    Attributes
    ----------
    architectures : dict of str to list of dict
        See ``read_architectures``.
    seconds : dict of str to list of float
        Of the steps of each depth, see ``time_depths``.
    rounding : Rounding
    dropouts : dict of str to list of dict
        See ``read_dropouts``.
    study : dict
        Of problems and remedies, see ``read_study``.
    """

    architectures: Architectures
    seconds: Mapping[str, Sequence[float]]
    rounding: Rounding
    dropouts: Mapping[str, Sequence[Mapping[str, Any]]]
    study: Study

    @cached_property
    def findings(self) -> dict[str, Finding]:
        """What each figure shows, by its name."""
        return {
            "depth": sentences.depth(self.architectures, self.seconds),
            "activation": sentences.activation(self.architectures),
            "dropout": sentences.dropout(self.dropouts),
            **{name: say(self.study) for name, (_, say) in PROBLEMS.items()},
        }

    def summary(self) -> dict[str, Any]:
        """Return the numbers."""
        return {
            "architectures": architecture_table(self.architectures),
            "seconds_per_step": {name: float(np.median(s)) for name, s in self.seconds.items()},
            "rounding": self.rounding.values(lambda run: run["epochs"][-1]["validation_accuracy"]),
            "dropout": {
                name: {key: mean(run[key][-1] for run in runs) for key in ("known", "new", "new_loss")}
                for name, runs in self.dropouts.items()
            },
            "problems": {
                group: {name: _of_trials(trials) for name, trials in members.items()}
                for group, members in self.study.items()
            },
        }


def _of_trials(trials: Trials) -> dict[str, Any]:
    """Return the numbers of one setting; None where no training came to an end."""
    return {
        "accuracy": trials.median("accuracy"),
        "loss_at_the_end": [end if np.isfinite(end) else None for end in trials.ends] if trials.steps else None,
        "dead": trials.layers("dead").tolist() if trials.values("dead") else None,
        "errors": trials.layers("errors").tolist(),
    }


@dataclass
class AnnResults:
    """What a run has measured.

    Attributes
    ----------
    options : Options
    hidden : list of int
        Sizes of the classifier's hidden layers.
    rate : float
        Of its dropout.
    train, test : FashionMNIST
    comparison : Comparison
        Of the classifier's training with PyTorch's.
    probabilities : ndarray, shape (N, 10)
        What it says of the test images.
    confusion : ndarray of int, shape (10, 10)
    known : float
        The share of the training images that it recognises in evaluation mode.
    four : FourClasses
    computed : dict of str to float
        The numbers that need no training.
    computed_by_pytorch : ReferenceRun or None
    experiments : Experiments or None
    """

    options: Options
    hidden: list[int]
    rate: float
    train: FashionMNIST
    test: FashionMNIST
    comparison: Comparison
    probabilities: Array
    confusion: Array
    known: float
    four: FourClasses
    computed: dict[str, float]
    computed_by_pytorch: ReferenceRun | None
    experiments: Experiments | None = None

    # ---- numbers -----------------------------------------------------------------------------------------------

    @property
    def ours(self) -> list[dict[str, Any]]:
        """The records of our epochs."""
        return self.comparison.ours.epochs

    @property
    def reference(self) -> ReferenceRun | None:
        """PyTorch's run."""
        return self.comparison.reference

    def recall(self, confusion: Any) -> dict[str, float]:
        """Return the share of each class that is recognised."""
        shares = np.diag(confusion) / np.maximum(np.sum(confusion, axis=1), 1)
        return dict(zip(self.test.classes, shares.tolist(), strict=True))

    def pytorch_confusion(self) -> Array | None:
        """Return PyTorch's, if its run says it."""
        found = self.reference.epochs[-1].get("confusion") if self.reference else None
        return None if found is None else np.asarray(found)

    def pytorch_computed(self) -> dict[str, float]:
        """Return what PyTorch computes without a training; empty if it was not run."""
        run = self.computed_by_pytorch
        return dict(zip(run.settings["numbers"], run.steps, strict=True)) if run else {}

    @cached_property
    def rows(self) -> list[Stated]:
        """The numbers that the document states, with ours and PyTorch's."""
        theirs, matrix = self.reference, self.pytorch_confusion()
        rounding = self.experiments.rounding if self.experiments else None
        sizes = np.maximum(self.confusion.sum(axis=1), 1)
        own: dict[str, Any] = {
            "images": len(self.train),
            "epochs": len(self.ours),
            "batch size": self.options.batch_size,
        }
        own |= {"learning rate": self.options.lr, "seed": self.options.seed, "dropout": self.rate}
        own["hidden layers"] = "-".join(map(str, self.hidden))
        other = other_conditions(own, SETTINGS)

        def nudged(run: Mapping[str, Any]) -> dict[str, float]:
            recall = dict(zip(self.test.classes, np.asarray(run["right"]) / sizes, strict=True))
            return trained(run["steps"], run["epochs"], recall)

        return calculated_rows(self.computed, self.pytorch_computed()) + trained_rows(
            trained(self.comparison.ours.steps, self.ours, self.recall(self.confusion)),
            trained(theirs.steps, theirs.epochs, {} if matrix is None else self.recall(matrix)) if theirs else {},
            [nudged(run) for run in rounding.runs] if rounding else [],
            self.test.classes,
            f"another training: {other}" if other else "",
            rounding.name() if rounding else "",
        )

    @cached_property
    def findings(self) -> dict[str, Finding]:
        """What each figure shows, by its name."""
        found = {
            "training": sentences.training(self.ours, self.known, self.recall(self.confusion), WORST),
            "loss": sentences.losses(self.comparison),
            "four_classes": sentences.four_classes(self.four),
        }
        if self.experiments is None:
            return found
        return (
            found
            | self.experiments.findings
            | {"drift": sentences.drift(self.comparison, self.experiments.rounding)}
        )

    def summary(self) -> dict[str, Any]:
        """Return the numbers, for ``summary.json``."""
        four = {
            name: {
                "accuracy": self.four.accuracies[name],
                "loss": outcome.losses[-1],
                "largest_gradient": outcome.largest_gradient,
            }
            for name, outcome in self.four.outcomes.items()
        }
        return {
            **self.comparison.summary(),
            "hidden": self.hidden,
            "dropout": self.rate,
            "known_accuracy": self.known,
            "recall": self.recall(self.confusion),
            "confusion": self.confusion.tolist(),
            "four_classes": {**four, "largest_difference": self.four.largest_difference},
            "document": [{**row.cells(), "met": row.met} for row in self.rows],
            "experiments": self.experiments.summary() if self.experiments else None,
        }

    # ---- what people read --------------------------------------------------------------------------------------

    def table(self) -> list[dict[str, Any]]:
        """Return a row for each epoch, for the terminal."""
        return self.comparison.table()

    def conclusions(self) -> list[str]:
        """Return what the terminal shows."""
        names = [
            "training",
            "loss",
            *(["drift", "depth", "activation"] if self.experiments else []),
            "four_classes",
        ]
        said = [self.findings[name].text for name in names]
        return [*said, self.comparison.on_speed(), met_of(self.rows)]

    def class_table(self) -> list[dict[str, Any]]:
        """Return a row for each class, and one for all."""
        matrix = self.pytorch_confusion()
        ours, theirs = self.recall(self.confusion), {} if matrix is None else self.recall(matrix)
        rows = []
        for i, (name, stated) in enumerate(zip(self.test.classes, CLASSES, strict=True)):
            wrong = self.confusion[i].copy()
            wrong[i] = 0
            rows.append(
                {
                    "class": name,
                    "recognised": f"{self.confusion[i, i]:,} of {self.confusion[i].sum():,}",
                    "ours": f"{ours[name]:.2%}",
                    "PyTorch": f"{theirs[name]:.2%}" if theirs else "not run",
                    "document": stated,
                    "most often taken for": f"{self.test.classes[wrong.argmax()]} ({wrong.max():,})"
                    if wrong.any()
                    else "–",
                }
            )
        right, count = int(np.trace(self.confusion)), int(self.confusion.sum())
        return [
            *rows,
            {
                "class": "all",
                "recognised": f"{right:,} of {count:,}",
                "ours": f"{right / count:.2%}",
                "PyTorch": "not run" if matrix is None else f"{np.trace(matrix) / matrix.sum():.2%}",
                "document": EPOCHS[SETTINGS["epochs"]][-1],
                "most often taken for": "–",
            },
        ]

    def report(self, summary: dict[str, Any]) -> str:
        """Return the report."""
        said = {name: finding.text for name, finding in self.findings.items()}
        measures = [f"{phase}_{what}" for what in ("loss", "accuracy") for phase in ("train", "validation")]
        hidden = "-".join(map(str, [784, *self.hidden, 10]))
        options, epochs = self.options, counted(len(self.ours), "epoch")
        network = (
            f"Network: {hidden}, ReLU, dropout {self.rate:g}, cross-entropy, Adam with learning rate "
            f"{options.lr:g}, batches of {options.batch_size}, shuffled, {epochs}, seed {options.seed}. Before, "
            "a `SimpleANN(4, 8, 2)` draws its weights, as in the document. Pixels / 255, less 0.2860, divided "
            "by 0.3530. The document validates with the test images."
        )
        return f"""# Artificial neural networks

![{self.findings["training"].title}](training.png)

## Conclusions

**Quality.** {said["training"]}

**Beside PyTorch.** {said["loss"]}

**Speed.** {self.comparison.on_speed()}

**The document**, a course's exercises on neural networks in PyTorch, states numbers, all in the table at the end.
{met_of(self.rows)}

{_activations()}
## By hand

Every number of the document's calculations, from the inputs to the updated weights:
{", ".join(f"[{name}](by_hand/{name}.html)" for name in EXAMPLES)}. They are in the same folder as text,
Markdown and LaTeX, too, and `chainrule explain` does it for any network. What the document states of them is in
the table at the end. Its exercise, 3-2-1 with a target of 0.8, to the four places that it asks for:

{markdown_table(exercise_rows(self.computed, self.pytorch_computed()))}

{_networks()}
### Four classes

{said["four_classes"]}

![Four classes](four_classes.png)

## FashionMNIST

![Samples](samples.png)

### Epoch by epoch

{markdown_table(self.comparison.table(measures))}

Training loss and accuracy are means over an epoch of changing weights, with dropout; the test loss is the mean
over the batches. Seconds are those of training alone.

![Losses of both networks](loss.png)

### Class by class

{markdown_table(self.class_table())}

![Confusion matrix](confusion.png)

![Predictions](predictions.png)

{self._experiments(said)}
## What was run

{what_was_run(summary, network)}

## The document's numbers

{markdown_table(against_document(self.rows))}
"""

    def _experiments(self, said: Mapping[str, str]) -> str:
        found = self.experiments
        if found is None:
            return "## Experiments\n\nThey were not asked for: `--experiments` runs them.\n"
        seeds = counted(len(next(iter(found.architectures.values()))), "seed")
        problems = "\n".join(
            f"### {title}\n\n{said[name]}\n\n![{title}]({name}.png)\n" for name, (title, _) in PROBLEMS.items()
        )
        return f"""## Experiments

{markdown_table(architecture_table(found.architectures))}

Trained for {counted(self.options.epochs, "epoch")}, batches of {self.options.batch_size}, from {seeds}; Adam with
learning rate {self.options.lr:g}, SGD with {CONTROL["lr"]:g}.

### Depth

{said["depth"]}

![Depth](depth.png)

### Activation

{said["activation"]}

![Activation](activation.png)

{architecture_differences(found.architectures)}

### Rounding

{said["drift"]}

![Drift](drift.png)

### Overfitting and dropout

{said["dropout"]}

![Overfitting and dropout](dropout.png)

## Problems and remedies

Measured on the first {IMAGES:,} training images and the first {TESTED:,} test images; medians of
{counted(len(next(iter(found.study["vanishing"].values())).results), "seed")}.

{problems}
`chainrule notebook architecture` trains any other network by a button, beside those that were trained before.
"""


# ---- tables ---------------------------------------------------------------------------------------------------


def _activations() -> str:
    """Return the report's section on activations."""
    worst = largest_difference_from_engine(np.linspace(-5, 5, 21))
    apart = "are the same to the last bit" if worst == 0 else f"differ by {scientific(worst)} at most"
    functions = {a.name: a.function(POINTS) for a in ACTIVATIONS.values()}
    slopes = {f"{a.name}, derivative": a.derivative(POINTS) for a in ACTIVATIONS.values()}
    z = np.arange(-2.0, 3.0)
    three = np.array([1.0, 2.0, 3.0])
    jacobian = zip(three, softmax(three), softmax_derivative(three), strict=True)
    rows = [
        {"zᵢ": f"{x:g}", "sᵢ": f"{s:.4f}", **{f"∂sᵢ/∂z{j}": f"{d:.4f}" for j, d in zip("₁₂₃", slope, strict=True)}}
        for x, s, slope in jacobian
    ]
    return f"""## Activations

The formulas and the engine's forward and backward passes {apart}, in float64.

![Activation functions](activations.png)

![Derivatives](derivatives.png)

{_values(POINTS, functions, ".8g")}

{_values(POINTS, slopes, ".8g")}

ELU with α = 1, where the exercise asks for it:

{_values(z, {"ELU": elu(z), "ELU, derivative": elu_derivative(z)}, ".4f")}

What the softmax makes of three numbers, with its derivative ∂sᵢ/∂zⱼ, to which every input contributes:

{markdown_table(rows)}

![ELU](elu.png)

`chainrule notebook activations` compares any two of them, with sliders for the range and for α.
"""


def _values(z: Any, rows: Mapping[str, Any], form: str) -> str:
    cells = [
        {"z": name, **{f"{x:g}": f"{v + 0.0:{form}}" for x, v in zip(z, values, strict=True)}}
        for name, values in rows.items()
    ]
    return markdown_table(cells)


def _networks() -> str:
    """Return the report's section on the networks' shapes."""
    simple, custom = SimpleANN(4, 8, 2), CustomANN([784, 128, 64, 10])
    own = ", ".join(f"`{name}` {shape}" for name, shape in simple.shapes().items())
    shapes = ", ".join(str(tuple(a.shape)) for a in custom.get_layer_outputs(np.zeros((32, 784), np.float32)))
    return f"""## Networks

`SimpleANN(4, 8, 2)` has {sum(p.numel() for p in simple.parameters())} parameters: {own}.
`CustomANN([784, 128, 64, 10])` has {custom.count_parameters():,}; for 32 images its layers give arrays of shape
{shapes}.
"""


def architecture_table(found: Architectures) -> list[dict[str, str]]:
    """Return a row for each network."""
    rows = []
    for name, trials in found.items():
        depth, activation, *optimizer = name.split()
        accuracies = last(trials, "validation_accuracy")
        reference = trials[0]["pytorch"]
        rows.append(
            {
                "network": "-".join(map(str, DEPTHS[depth])),
                "activation": activation,
                "optimiser": optimizer[0] if optimizer else "Adam",
                "parameters": f"{trials[0]['parameters']:,}",
                "validation accuracy": f"{mean(accuracies):.2%}",
                "least": f"{min(accuracies):.2%}",
                "greatest": f"{max(accuracies):.2%}",
                "first seed": f"{accuracies[0]:.2%}",
                "PyTorch, first seed": f"{reference.epochs[-1]['validation_accuracy']:.2%}"
                if reference
                else "not run",
            }
        )
    return rows


def architecture_differences(found: Architectures) -> str:
    """Say how our trainings and PyTorch's compare at the start, where rounding has not been carried far."""
    pairs = [(t[0], t[0]["pytorch"]) for t in found.values() if t[0]["pytorch"] is not None]
    if not pairs:
        return "PyTorch's trainings of these networks were not run here, and no recorded ones fit these options."
    n = min(sentences.EDGE, min(len(run.steps) for _, run in pairs))
    worst = max(float(np.abs(np.subtract(ours["steps"][:n], run.steps[:n])).max()) for ours, run in pairs)
    name = "validation_accuracy"
    ends = max(abs(ours["epochs"][-1][name] - run.epochs[-1][name]) for ours, run in pairs)
    return (
        f"Beside PyTorch, from the first seed: over the first {n} steps the losses of all "
        f"{counted(len(pairs), 'network')} differ by {scientific(worst)} at most, and the accuracies in the end "
        f"by {100 * ends:.2f} points at most."
    )
