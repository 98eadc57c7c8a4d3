"""The network trained once more, from other seeds and with the document's improvements."""

from __future__ import annotations

import time
from typing import Any

import chainrule as cr
from chainrule.labs.eight.data import PIXELS, FirstImages
from chainrule.labs.eight.document import EPOCHS, THRESHOLD, conditions_that_differ
from chainrule.labs.eight.improvements import BASE, IMPROVEMENTS, Study, trials_of
from chainrule.labs.eight.network import first_weights, network
from chainrule.labs.eight.scores import Scores
from chainrule.labs.options import Options
from chainrule.labs.run import LabRun
from chainrule.labs.study import Plan
from chainrule.train import Trainer, predict

STARTS = 5  # seeds, the run's own among them, that tell in what range a number lies


def try_others(run: LabRun, train: FirstImages, test: FirstImages) -> tuple[list[dict[str, Any]], Study | None]:
    """Train from other seeds as the document does, where the run does so; with ``--study`` its improvements, too.

    Returns
    -------
    starts : list of dict
        What :func:`trial` returned from other seeds.
    study : Study or None
    """
    options, wanted = run.options, run.options.extra.get("study", False)
    seeds = range(options.seed, options.seed + options.extra.get("study_seeds", 3))
    comparable = not conditions_that_differ(options, train, test)
    others = range(options.seed + 1, options.seed + STARTS) if comparable else range(0)
    common = {"data": options.place(), "test_images": len(test)}
    epochs = EPOCHS if wanted else min(options.epochs, EPOCHS)
    starts = trials_of([BASE], others, {**common, "epochs": epochs}, train.available)
    improved = trials_of([BASE, *IMPROVEMENTS], seeds, common, train.available) if wanted else {}
    plans = {"study": Plan(trial, {**starts, **improved})}
    results = run.studies(plans, "improvements" if wanted else "other starts")["study"]
    return [results[name] for name in starts], Study(results, seeds) if wanted else None


def trial(
    seed: int,
    hidden: list[int],
    epochs: int,
    examples: int,
    test_images: int,
    data: str,
    batch_size: int,
    lr: float,
    dropout: float = 0.0,
    weight_decay: float = 0.0,
    momentum: float = 0.0,
) -> dict[str, Any]:
    """Train once: the whole lab in short."""
    train, test = FirstImages(Options(data=data), True, examples), FirstImages(Options(data=data), False)
    cr.manual_seed(seed)  # for dropout
    model = network(cr, first_weights(seed, [PIXELS, *hidden, 1]), dropout)
    optimizer = cr.optim.SGD(model.parameters(), lr=lr, momentum=momentum, weight_decay=weight_decay)
    trainer = Trainer(model, cr.nn.MSELoss(), optimizer, progress=False)
    start = time.process_time()  # of the processor: other trials, and whatever else runs, don't count
    history = trainer.fit(train.batches(batch_size), epochs)
    seconds = time.process_time() - start
    taken = predict(model, test.batches(len(test)))[:, 0] > THRESHOLD
    found, of_first = (Scores.of(taken[:n], test.eights[:n]) for n in (None, test_images))
    return {
        "errors": [epoch["train_loss"] for epoch in history.epochs],
        "seconds": seconds,
        "images": found.total,  # all there are: the more, the less chance decides
        "f1": found.f1,
        "accuracy": found.accuracy,
        "accuracy_of_first": of_first.accuracy,
    }
