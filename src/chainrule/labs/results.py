"""What a run leaves behind for people and programs: the machine it ran on, its summary, its tables."""

from __future__ import annotations

import json
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import chainrule
from chainrule.datasets import Source
from chainrule.files import write_text
from chainrule.train.logs import without_nan


@dataclass(frozen=True)
class LabResult:
    """What a lab hands to the command line.

    Attributes
    ----------
    folder : Path
        Where everything is.
    table : list of dict
        The rows that the terminal shows.
    conclusions : list of str
        Sentences, made from the numbers.
    figure : str
        The file to look at first.
    """

    folder: Path
    table: list[dict[str, Any]]
    conclusions: list[str]
    figure: str


def environment(torch_version: str | None = None) -> dict[str, Any]:
    """Return versions, processor and threads: what timings depend on."""
    import threadpoolctl

    pools = threadpoolctl.threadpool_info()
    return {
        "versions": {
            "chainrule": chainrule.__version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
            **({"torch": torch_version} if torch_version else {}),
        },
        "machine": {"system": platform.system(), "architecture": platform.machine()},
        "threads": {p["prefix"]: p["num_threads"] for p in pools if p["user_api"] in ("blas", "openmp")},
    }


def describe(source: Source) -> dict[str, Any]:
    """Return which data were used, without the folder, which means nothing elsewhere."""
    return {
        "dataset": source.dataset,
        "split": source.split,
        "kind": source.kind,
        "images": source.images,
        "sha256": source.sha256,
    }


def write_json(path: Path, content: Any) -> None:
    """Write JSON for people and programs, whole or not at all; null for what is no number."""
    write_text(path, json.dumps(without_nan(content), indent=2, ensure_ascii=False, allow_nan=False) + "\n")
