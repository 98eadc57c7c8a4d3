"""Train on a file that is larger than the memory this process may have; run by test_larger_than_memory.py.

python larger_than_memory.py FILE LIMIT: FILE holds an array of float32, LIMIT is in bytes. Prints JSON.
"""

import json
import re
import sys
from pathlib import Path

import numpy as np

import chainrule as cr
from chainrule import nn
from chainrule.data import DataLoader, TensorDataset, random_split
from chainrule.train import Callback, Trainer, accuracy


class Watch(Callback):
    """Notes the most memory of its own that the process has had after any step."""

    peak = 0

    def on_step_end(self, trainer, loss):
        kilobytes = re.search(r"RssAnon:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]
        self.peak = max(self.peak, 1024 * int(kilobytes))


def loads_into_memory(path):
    try:
        np.load(path)
    except MemoryError:
        return False
    return True


def main(path, limit):
    import resource  # only Unix has it

    # Counts memory of the process's own, which nothing but the process holds; pages of the file are not among it.
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    pixels = np.load(path, mmap_mode="r")
    labels = (pixels[:, 0] > 0).astype(np.int64)
    dataset = TensorDataset(pixels, labels)
    cr.manual_seed(0)
    model = nn.Sequential(nn.Linear(pixels.shape[1], 16), nn.ReLU(), nn.Linear(16, 2))
    optimizer = cr.optim.SGD(model.parameters(), lr=0.1)
    watch = Watch()
    trainer = Trainer(
        model, nn.CrossEntropyLoss(), optimizer, metrics={"accuracy": accuracy}, callbacks=[watch], progress=False
    )
    train, validation = random_split(dataset, [0.9, 0.1])
    history = trainer.fit(DataLoader(train, 500, shuffle=True), 1, DataLoader(validation, 500))
    whole = DataLoader(dataset, 500, shuffle=True)
    print(
        json.dumps(
            {
                "fits": loads_into_memory(path),
                "peak": watch.peak,
                "first_loss": history.steps[0],
                "last_loss": history.steps[-1],
                "samples": history.epochs[0]["samples"],
                "accuracy": history.epochs[0]["validation_accuracy"],
                "sums": [sum(float(X.array[:, 0].sum()) for X, _ in loader) for loader in (whole, whole)],
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
