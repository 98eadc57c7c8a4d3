"""How long ``import chainrule`` takes, against ``import numpy``: ``python -m benchmarks.startup``."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

ROUNDS = 21
PROMISE = 1.5


def seconds(module: str) -> float:
    """Return the time of a fresh interpreter that imports a module."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", f"import {module}"], check=True)
    return time.perf_counter() - start


def main() -> None:
    """Import both in turn, and print the median of the ratios."""
    seconds("chainrule"), seconds("numpy")  # compiled files and disk caches
    ratios = [seconds("chainrule") / seconds("numpy") for _ in range(ROUNDS)]
    median, (low, _, high) = statistics.median(ratios), statistics.quantiles(ratios, n=4)
    kept = "kept" if median <= PROMISE else "not kept"
    print(
        f"import chainrule / import numpy: median {median:.2f}, quartiles {low:.2f} to {high:.2f}, {ROUNDS} rounds"
    )
    print(f"promise: at most {PROMISE}: {kept}")


if __name__ == "__main__":
    main()
