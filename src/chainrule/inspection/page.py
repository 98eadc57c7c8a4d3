"""The page of a run: one file, which shows everything without a network."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from chainrule.files import write_text
from chainrule.inspection.diagnosis import Finding, conclusion, diagnose
from chainrule.inspection.figures import draw_curves, draw_distributions, draw_flow
from chainrule.inspection.frames import frames
from chainrule.inspection.recording import Recording, read_recordings
from chainrule.inspection.remarks import remarks
from chainrule.pages import STYLE

NAME = "training.html"
ENDINGS = (".html", ".htm")
OPTIONS = {"epochs": "epochs:", "batch_size": "batches of", "lr": "learning rate", "seed": "seed"}


def write_report(run: str | os.PathLike[str], out: str | os.PathLike[str] | None = None) -> Path:
    """Write a page that shows what went on in a training, and what is wrong with it.

    The page is one file of HTML: it needs no network and nothing beside it.

    Parameters
    ----------
    run : path-like
        The folder of a run, with all of its recordings, or the file of one.
    out : path-like, optional
        By default ``training.html`` beside the recordings.

    Returns
    -------
    Path
        Where the page is.

    Raises
    ------
    FileNotFoundError
        If there is no recording.
    ValueError
        If a file is no recording, there are no steps in any, or ``out`` does not end in .html or .htm.
    ImportError
        If Jinja2 or matplotlib are not installed: the error names the extra.

    Examples
    --------
    >>> import tempfile
    >>> from chainrule import nn, optim
    >>> from chainrule.train import Recorder, Trainer
    >>> folder, model = tempfile.mkdtemp(), nn.Linear(1, 1)
    >>> callbacks = [Recorder(f"{folder}/recording.jsonl")]
    >>> trainer = Trainer(model, nn.MSELoss(), optim.SGD(model.parameters()), callbacks=callbacks)
    >>> _ = trainer.fit([([[1.0]], [[2.0]])], epochs=2)
    >>> write_report(folder).name
    'training.html'
    """
    return write_page(examine(Path(run)), Path(run), out)


def examine(run: Path) -> list[tuple[Recording, list[Finding]]]:
    """Return the recordings of a run with what is found in them, if there is a step in any."""
    recordings = read_recordings(run)
    if not any(recording.steps for recording in recordings):
        if any(recording.end for recording in recordings):
            raise ValueError(f"{run} has no step to show: the loss of the first was infinite or not a number")
        raise ValueError(f"{run} has a recording without steps: train for one at least")
    return [(recording, diagnose(recording)) for recording in recordings]


def write_page(
    examined: list[tuple[Recording, list[Finding]]], run: Path, out: str | os.PathLike[str] | None
) -> Path:
    """Write the page of recordings that :func:`examine` returned for ``run``, as :func:`write_report` does."""
    if out is not None and Path(out).suffix.lower() not in ENDINGS:
        raise ValueError(f"the page is HTML, and {out} does not end in {' or '.join(ENDINGS)}: choose such a name")
    folder = run if run.is_dir() else run.parent
    page = Path(out) if out is not None else folder / NAME
    title, facts = _title(folder)
    trainings = [_training(recording, findings) for recording, findings in examined if recording.steps]
    write_text(page, _template().render(style=STYLE, title=title, facts=facts, trainings=trainings))
    return page


def _training(recording: Recording, findings: list[Finding]) -> dict[str, Any]:
    """Return what the template shows of a training."""
    return {
        "name": recording.name or "training",
        "every": recording.training["every"],
        "conclusion": conclusion(findings),
        "remarks": remarks(recording),
        "findings": findings,
        "fine": sum(not finding.is_wrong for finding in findings),
        "curves": draw_curves(recording),
        "flow": draw_flow(recording),
        "distributions": draw_distributions(recording),
        "frames": frames(recording),
    }


def _title(folder: Path) -> tuple[str, str]:
    """Return the title of the page and a line on the run, from what a lab notes in its folder."""
    run, summary = _noted(folder / "options.json"), _noted(folder / "summary.json")
    if not isinstance(run.get("options"), dict):
        return "A training", "Recorded by chainrule."
    facts = [f"{words} {run['options'][name]}" for name, words in OPTIONS.items() if name in run["options"]]
    data = summary.get("data", {}).get("train")
    if data:
        facts.insert(0, f"{data['dataset']}, {data['kind']}, {data['images']:,} images")
    line = "; ".join(facts)
    return f"The training of the lab {run.get('lab')}", f"{line[:1].upper()}{line[1:]}."


def _noted(file: Path) -> dict[str, Any]:
    """Return an object of JSON, empty if there is none."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _template() -> Any:
    try:
        import jinja2
    except ImportError as error:
        raise ImportError('the page needs an extra: pip install "chainrule[lab]"') from error
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("chainrule.inspection", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template("page.html.j2")
