"""A network of two layers that tells eights from the other digits, and learns from one example at a time.

The document's network and procedure: 784 → 64 tanh → 1 sigmoid, weights N(0, 0.1²), squared error, an update after
every example.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import click

import chainrule as cr
from chainrule.labs.comparison import Comparison
from chainrule.labs.eight import document
from chainrule.labs.eight.data import PIXELS, FirstImages
from chainrule.labs.eight.document import EXAMPLES, HIDDEN, TEST_IMAGES
from chainrule.labs.eight.figures import as_texts, draw_training
from chainrule.labs.eight.log import TrainingLog
from chainrule.labs.eight.network import first_weights, network
from chainrule.labs.eight.report import Results
from chainrule.labs.eight.scores import METRICS
from chainrule.labs.eight.trials import try_others
from chainrule.labs.options import LabError, Options
from chainrule.labs.reference import find_reference
from chainrule.labs.results import LabResult
from chainrule.labs.run import LabRun, checksums, resumed
from chainrule.plot.images import draw_groups, draw_pictures
from chainrule.train import predict

NAME = "eight"
EPOCHS, BATCH_SIZE, LR, SEED = document.EPOCHS, document.BATCH_SIZE, document.LR, 0
EXTRA = [
    click.option("--examples", type=click.IntRange(min=1), default=EXAMPLES, help="How many training images."),
    click.option("--test-images", type=click.IntRange(min=1), default=TEST_IMAGES, help="How many test images."),
    click.option("--study", is_flag=True, help="Try the document's seven improvements, too, over several seeds."),
    click.option("--study-seeds", type=click.IntRange(min=2), default=3, help="From how many seeds."),
]
SHOWN = 5  # eights


def run(options: Options) -> LabResult:
    """Train, count, draw, conclude.

    Parameters
    ----------
    options : Options
        With its own ``examples``, ``test_images``, ``study`` and ``study_seeds``.

    Returns
    -------
    LabResult

    Raises
    ------
    LabError
        If the options ask for what can't be had.
    """
    options = resumed(NAME, options)
    if "study_seeds" in options.given and not options.extra.get("study"):
        raise LabError("--study-seeds says from how many seeds the improvements are tried: add --study")

    # Data: the first images of the file, and whether they are eights.
    train = FirstImages(options, True, options.extra.get("examples", EXAMPLES))
    test = FirstImages(options, False, options.extra.get("test_images", TEST_IMAGES))
    train_batches, test_batches = train.batches(options.batch_size), test.batches(len(test))

    # Network (784 → 64 tanh → 1 sigmoid), loss and optimiser, in chainrule and in PyTorch, from the same weights.
    weights = first_weights(options.seed, [PIXELS, HIDDEN, 1])

    def build(library: Any) -> Any:
        model = network(library, weights)
        return model, library.nn.MSELoss(), library.optim.SGD(model.parameters(), lr=options.lr)

    model, loss_fn, optimizer = build(cr)
    data = {"train": train.source, "test": test.source}
    reference = find_reference(
        NAME, options, checksums(data), build, train_batches, test_batches, metrics=METRICS, keep_steps=False
    )

    with LabRun(NAME, options, data, reference) as running:
        # The loop: an update after every example, in the order of the file.
        eights = train.images[train.eights][:SHOWN]
        print(*as_texts(eights), "", sep="\n\n")
        log = TrainingLog(running.folder / "training_log.txt")
        trainer = running.trainer(model, loss_fn, optimizer, metrics=METRICS, callbacks=[log], log_steps=False)
        history = trainer.fit(train_batches, options.epochs, validation=test_batches, resume=running.resume())
        starts, study = try_others(running, train, test)

        # Figures and conclusions.
        said = predict(model, test_batches)[:, 0]
        results = Results(options, train, test, Comparison(history, reference.run), said, starts, study)
        figures: dict[str, Any] = {
            "training": partial(draw_training, results),
            "mistakes": partial(draw_groups, results.mistakes(), results.on_mistakes()),
            "eights": partial(draw_pictures, eights, "The first eights of the training set"),
            **({"study": study.draw} if study else {}),
        }
        return running.finish(results, figures, {"model": model})
