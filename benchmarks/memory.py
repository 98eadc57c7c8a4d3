"""Memory: ``python -m benchmarks.memory``.

Two questions. How much memory does the tutorial's training take at its peak, against PyTorch's? And does a file
that is larger than the memory of the process train as fast as an array in memory?

Every process that is measured is a fresh one that imports nothing but what its side needs, so this module imports
the standard library alone, and all else where it is used.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROUNDS = 5
PROMISE = 0.5  # of PyTorch's peak
BATCH_SIZE = 64
LR = 1e-3
SEED = 42
SAME = 1e-3  # by how much the test losses of the sides may differ

ROWS, COLUMNS = 128_000, 784  # of the generated file: 401 MB of float32
LIMIT = 300_000_000  # bytes that the process may have of its own while it trains on that file
STEPS = 100  # of a turn
TURNS = 31

# ---- the tutorial, in a process of its own ----------------------------------------------------------------------


def peak() -> int:
    """Return the most bytes that this process has had in memory, pages of files and libraries included."""
    kilobytes = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    assert kilobytes is not None
    return 1024 * int(kilobytes[1])


def with_chainrule(root: str) -> tuple[Any, list[Any]]:
    """Return the library and its loaders."""
    import chainrule
    from chainrule.data import DataLoader
    from chainrule.datasets import FashionMNIST
    from chainrule.datasets.transforms import ToTensor

    sets = (FashionMNIST(root, train=train, transform=ToTensor()) for train in (True, False))
    return chainrule, [DataLoader(dataset, batch_size=BATCH_SIZE) for dataset in sets]


def with_pytorch(root: str) -> tuple[Any, list[Any]]:
    """Return the library and its loaders, without importing anything of ours."""
    import torch
    from torch.utils.data import DataLoader

    try:
        import torchvision
    except RuntimeError:
        declare_operators(torch)
        import torchvision

    sets = (
        torchvision.datasets.FashionMNIST(root, train=train, transform=torchvision.transforms.ToTensor())
        for train in (True, False)
    )
    return torch, [DataLoader(dataset, batch_size=BATCH_SIZE) for dataset in sets]


def declare_operators(torch: Any) -> None:
    """Let torchvision be imported that was made for another build: see chainrule.interop.torchvision."""
    library = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _declared.append(library)  # PyTorch forgets the declarations when nobody holds them


_declared: list[Any] = []


def network(nn: Any) -> Any:
    """Build the tutorial's network, in either library."""
    return nn.Sequential(
        nn.Flatten(), nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10)
    )


def as_the_page(library: Any, train: Any, test: Any) -> float:
    """Train for one epoch as PyTorch's page does, and return the mean of the losses of the test batches."""
    library.manual_seed(SEED)
    model = network(library.nn)
    loss_fn = library.nn.CrossEntropyLoss()
    optimizer = library.optim.SGD(model.parameters(), lr=LR)
    model.train()
    for X, y in train:
        loss_fn(model(X), y).backward()
        optimizer.step()
        optimizer.zero_grad()
    model.eval()
    with library.no_grad():
        return statistics.fmean(loss_fn(model(X), y).item() for X, y in test)


def by_the_trainer(library: Any, train: Any, test: Any) -> float:
    """Do the same with ``chainrule.train``, as the labs do."""
    from chainrule.train import Trainer

    library.manual_seed(SEED)
    model = network(library.nn)
    optimizer = library.optim.SGD(model.parameters(), lr=LR)
    trainer = Trainer(model, library.nn.CrossEntropyLoss(), optimizer, progress=False)
    return float(trainer.fit(train, 1, test).epochs[0]["validation_loss"])


SIDES: dict[str, tuple[Callable[[str], tuple[Any, list[Any]]], Callable[[Any, Any, Any], float]]] = {
    "chainrule": (with_chainrule, as_the_page),
    "chainrule's Trainer": (with_chainrule, by_the_trainer),
    "pytorch": (with_pytorch, as_the_page),
}


def train_side(name: str, root: str) -> dict[str, float]:
    """Train a side in this process; return its peak of memory before and after the training."""
    load, run = SIDES[name]
    library, loaders = load(root)
    before = peak()
    return {"imports and data": before, "test loss": run(library, *loaders), "peak": peak()}


# ---- a large file, in a process of its own ----------------------------------------------------------------------


def turns(kind: str, path: str) -> Iterator[float]:
    """Yield the seconds of a step, turn by turn: shuffled batches of a file, mapped or read into memory."""
    if kind == "mapped":
        import resource

        # Counts memory of the process's own; the pages of a file that is mapped for reading are not among it.
        resource.setrlimit(resource.RLIMIT_DATA, (LIMIT, LIMIT))
    import numpy as np

    import chainrule as cr
    from chainrule.data import DataLoader, TensorDataset

    pixels = np.load(path, mmap_mode="r" if kind == "mapped" else None)
    batches: Any = DataLoader(TensorDataset(pixels, np.arange(ROWS) % 10), BATCH_SIZE, shuffle=True)
    cr.manual_seed(SEED)
    model = network(cr.nn)
    loss_fn = cr.nn.CrossEntropyLoss()
    optimizer = cr.optim.SGD(model.parameters(), lr=LR)

    def losses() -> Iterator[float]:
        while True:
            for X, y in batches:
                loss = loss_fn(model(X), y)
                loss.backward()
                optimizer.step()
                optimizer.zero_grad()
                yield loss.item()

    steps = losses()
    while True:
        start = time.perf_counter()
        for _ in range(STEPS):
            next(steps)
        yield (time.perf_counter() - start) / STEPS


def answer(kind: str, path: str) -> None:
    """Do a turn for every line that comes in, and print its time."""
    of_turns = turns(kind, path)
    for _ in sys.stdin:
        print(next(of_turns), flush=True)


# ---- the process that asks --------------------------------------------------------------------------------------


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "benchmarks.memory", *arguments]


def measure_peaks(rounds: int) -> dict[str, Any]:
    """Train every side in turn, each time in a new process."""
    from chainrule.datasets import FashionMNIST
    from chainrule.interop.torchvision import write_files
    from chainrule.labs.results import describe

    datasets = [FashionMNIST(train=train) for train in (True, False)]
    results: dict[str, list[dict[str, float]]] = {name: [] for name in SIDES}
    with tempfile.TemporaryDirectory() as root:
        write_files(datasets, Path(root))
        for _ in range(rounds):
            for name in SIDES:
                done = subprocess.run(command("train", name, root), stdout=subprocess.PIPE, check=True, text=True)
                results[name].append(json.loads(done.stdout))
    losses = {name: rows[0]["test loss"] for name, rows in results.items()}
    if max(losses.values()) - min(losses.values()) > SAME:
        raise SystemExit(f"the sides don't do the same work: their test losses are {losses}")
    peaks = {name: [row["peak"] for row in rows] for name, rows in results.items()}
    return {
        "data": describe(datasets[0].source),
        "test losses": losses,
        "before training": {
            name: statistics.median(r["imports and data"] for r in results[name]) for name in SIDES
        },
        "peaks": {name: spread(values) for name, values in peaks.items()},
        "ratios": {name: ratio(peaks[name], peaks["pytorch"]) for name in SIDES if name != "pytorch"},
        "promise": PROMISE,
    }


def measure_large_file(rounds: int) -> dict[str, Any]:
    """Train in turn on a file that is larger than the limit of the process, and on the same array in memory."""
    from benchmarks.processes import PAUSE

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.npy"
        write_large_file(path)
        seconds: dict[str, list[float]] = {"mapped": [], "in memory": []}
        with answering("mapped", str(path)) as mapped, answering("in memory", str(path)) as in_memory:
            sides = {"mapped": mapped, "in memory": in_memory}
            for i in range(-1, rounds):  # the first turn warms up, and brings the file into the system's cache
                for name in sides if i % 2 else reversed(sides):
                    time.sleep(PAUSE)
                    took = sides[name]()
                    if i >= 0:
                        seconds[name].append(took)
        size = path.stat().st_size
    return {
        "file": size,
        "limit": LIMIT,
        "batch size": BATCH_SIZE,
        "seconds per step": {name: spread(values) for name, values in seconds.items()},
        "ratio": ratio(seconds["mapped"], seconds["in memory"]),
    }


def write_large_file(path: Path) -> None:
    import numpy as np

    rng = np.random.default_rng(SEED)
    pixels = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(ROWS, COLUMNS))
    for start in range(0, ROWS, 8000):
        pixels[start : start + 8000] = rng.random((8000, COLUMNS), dtype=np.float32)
    pixels.flush()


@contextmanager
def answering(kind: str, path: str) -> Iterator[Callable[[], float]]:
    """Start a process, and give the function that asks it for a turn."""
    with subprocess.Popen(
        command("steps", kind, path), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        ask, tell = process.stdin, process.stdout

        def turn() -> float:
            print(file=ask, flush=True)
            return float(tell.readline())

        yield turn
        ask.close()


def spread(values: list[float]) -> dict[str, Any]:
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return {"median": median, "quartiles": [low, high], "min": min(values), "max": max(values), "values": values}


def ratio(ours: list[float], theirs: list[float]) -> dict[str, Any]:
    """Return the spread of the ratios, round by round."""
    return spread([a / b for a, b in zip(ours, theirs, strict=True)])


def render(report: dict[str, Any]) -> str:
    """Return the report for the terminal."""
    from tabulate import tabulate

    of_training, of_file = report["tutorial"], report["large file"]
    data, ratios, of = of_training["data"], of_training["ratios"], of_file["ratio"]
    peaks = [
        {
            "side": name,
            "before training, MB": f"{of_training['before training'][name] / 1e6:.1f}",
            "peak, MB": f"{values['median'] / 1e6:.1f}",
            "min": f"{values['min'] / 1e6:.1f}",
            "max": f"{values['max'] / 1e6:.1f}",
            "of PyTorch's": f"{ratios[name]['median']:.3f}" if name in ratios else "",
        }
        for name, values in of_training["peaks"].items()
    ]
    steps = [
        {
            "side": name,
            "ms per step": 1e3 * values["median"],
            "min": 1e3 * values["min"],
            "max": 1e3 * values["max"],
        }
        for name, values in of_file["seconds per step"].items()
    ]
    kept = "kept" if max(values["median"] for values in ratios.values()) <= PROMISE else "not kept"
    return "\n".join(
        [
            f"The tutorial on {data['dataset']} ({data['kind']}, {data['images']} images), an epoch and the test:",
            tabulate(peaks, headers="keys", disable_numparse=True),
            f"promise: at most {PROMISE} of PyTorch's: {kept}",
            "",
            f"A file of {of_file['file'] / 1e6:.0f} MB, mapped in a process that may have "
            f"{of_file['limit'] / 1e6:.0f} MB of its own, and in memory without a limit; shuffled:",
            tabulate(steps, headers="keys", floatfmt=".3f"),
            f"mapped / in memory: median {of['median']:.2f}, quartiles {of['quartiles'][0]:.2f} to "
            f"{of['quartiles'][1]:.2f}, {len(of['values'])} rounds of {STEPS} steps",
        ]
    )


def main() -> None:
    """Measure both, print the tables, and write them to ``runs/bench/memory.json``."""
    from chainrule.labs.results import environment, write_json

    if sys.platform != "linux":
        raise SystemExit("the peak of a process's memory, and the limit to it, are those that Linux knows")
    report = {
        "work": "memory",
        "cores": len(os.sched_getaffinity(0)),
        **environment(),
        "tutorial": measure_peaks(ROUNDS),
        "large file": measure_large_file(TURNS),
    }
    path = Path("runs/bench/memory.json")
    write_json(path, report)
    print(f"{render(report)}\n\nWritten to {path}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            main()
        case ["train", name, root]:
            print(json.dumps(train_side(name, root)))
        case ["steps", kind, path]:
            answer(kind, path)
        case _:
            raise SystemExit("usage: python -m benchmarks.memory")
