"""What the document states of the network that recognises eights, and the conditions that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainrule.labs.stated import other_conditions

if TYPE_CHECKING:
    from chainrule.labs.eight.data import FirstImages
    from chainrule.labs.options import Options

EIGHT, HIDDEN, THRESHOLD = 8, 64, 0.5  # what gets more than the threshold is taken for an eight
EPOCHS, BATCH_SIZE, LR, EXAMPLES, TEST_IMAGES = 15, 1, 0.01, 5000, 1000
CONDITIONS = {"batch size": BATCH_SIZE, "learning rate": LR, "examples": EXAMPLES, "test images": TEST_IMAGES}

ERRORS = {1: "0.087234", 2: "0.054321", 3: "0.043210", 15: "0.007645"}  # the mean of an epoch, by epoch
ACCURACY = "92.70%"  # of the test images, after the last epoch

# Of its images, the first ones of MNIST, with their labels.
TRAIN_SHA256 = "e61f81fdae879db372e39e6775493333b3bd118a3b532ac0e266827bca6701fe"
TEST_SHA256 = "6d1e4d977a8865618735d1c1792af2a006c3b86ec2c02c5f29585aa867225889"


def conditions_that_differ(options: Options, train: FirstImages, test: FirstImages) -> str:
    """Say in what a run is another than the document's; empty if it is not."""
    own = {
        "batch size": options.batch_size,
        "learning rate": options.lr,
        "examples": len(train),
        "test images": len(test),
    }
    same = (train.source.sha256, test.source.sha256) == (TRAIN_SHA256, TEST_SHA256)
    return other_conditions(own, CONDITIONS) or ("" if same else "images that are not MNIST's first")
