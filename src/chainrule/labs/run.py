"""A run of a lab: its folder, what is trained in it, what it leaves there, and how it is gone on with."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from chainrule.datasets import Source
from chainrule.files import write_text
from chainrule.interop import save_safetensors
from chainrule.labs.bar import bar
from chainrule.labs.folder import RUNNING, RUNS, check_facts, hold, make_empty, new_folder, remember, resumed
from chainrule.labs.options import Interrupted, LabError, Options
from chainrule.labs.reference import Reference
from chainrule.labs.results import LabResult, describe, environment, write_json
from chainrule.labs.study import Plan, run_plans
from chainrule.nn import Module
from chainrule.plot import save_figure
from chainrule.train import Callback, Checkpoint, JSONLines, Recorder, Trainer
from chainrule.train.recorder import EVERY

__all__ = ["LabRun", "Results", "checksums", "resumed"]

SMALL = 100_000  # parameters: of fewer, a step takes less time than looking at one
SELDOM = 200  # steps, from one of these that is looked at to the next


class Results(Protocol):
    """What a lab has measured, and what it says of it."""

    def summary(self) -> dict[str, Any]:
        """Return the numbers, for ``summary.json``."""

    def table(self) -> list[dict[str, Any]]:
        """Return the rows that the terminal shows."""

    def conclusions(self) -> list[str]:
        """Return sentences, made from the numbers."""

    def report(self, summary: dict[str, Any]) -> str:
        """Return the report, in Markdown, with the whole summary at hand."""


class LabRun:
    """A run in its folder, from its beginning to its results.

    Whatever ends it before :meth:`finish` is done, it can be resumed: Ctrl-C becomes ``Interrupted``.

    Parameters
    ----------
    lab : str
    options : Options
        To resume, those of :func:`resumed`.
    data : mapping of str to Source, optional
        Which data are used, as "train" and "test".
    reference : Reference, optional

    Attributes
    ----------
    options : Options
    folder : Path
        Of the results.

    Raises
    ------
    LabError
        If the folder can't be used, or a resumed run would go on with other data or another reference.

    Examples
    --------
    >>> import tempfile
    >>> with LabRun("tutorial", Options(), runs=Path(tempfile.mkdtemp())) as run:
    ...     print(run.folder.name, sorted(path.name for path in run.folder.iterdir()))
    tutorial ['options.json', 'running']
    >>> [path.name for path in run.folder.iterdir()]
    ['options.json']
    """

    def __init__(
        self,
        lab: str,
        options: Options,
        data: Mapping[str, Source] | None = None,
        reference: Reference | None = None,
        runs: Path = RUNS,
    ) -> None:
        self.lab, self.options, self.data, self.reference = lab, options, dict(data or {}), reference
        self.folder = options.out or new_folder(lab, runs)
        self._references: dict[str, Reference] = {}
        self._facts: dict[str, Any] = {**checksums(self.data)}
        if reference is not None:
            self._facts["PyTorch trained beside chainrule"] = reference.live is not None

    def __enter__(self) -> Self:
        resume = self.options.resume
        self._lock = hold(self.folder) if resume else make_empty(self.folder, self.options.overwrite)
        try:
            self._begin()
        except BaseException:
            self._lock.release()
            raise
        return self

    def _begin(self) -> None:
        """Note what the run is started with, or check that it is gone on with the same."""
        if self.options.resume:
            check_facts(self.folder, self._facts)
            print(f"Going on with the run in {self.folder}.", file=sys.stderr)
            for left in self.folder.glob(".*.partial"):  # by a process that was killed while it wrote
                left.unlink()
        options = self.options
        if self.reference is not None:  # a resumed run keeps it, whether or not PyTorch has been installed since
            options = replace(options, reference=self.reference.kind)
        remember(self.folder, self.lab, options, self._facts)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._lock.release()
        if isinstance(error, KeyboardInterrupt):
            raise Interrupted(self.folder) from error
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            mend = f"nothing that was saved is lost: make room, and go on with --out {self.folder} --resume"
            raise LabError(f"{error}: {mend}") from error
        if error is None:
            (self.folder / RUNNING).unlink()
            for checkpoint in self.folder.glob("checkpoint*.npz"):
                checkpoint.unlink()

    # ---- trainings -------------------------------------------------------------------------------------------

    def trainer(
        self,
        model: Any,
        loss_fn: Any,
        optimizer: Any,
        *,
        name: str = "",
        reference: Reference | None = None,
        callbacks: Sequence[Callback] = (),
        log_steps: bool = True,
        **arguments: Any,
    ) -> Trainer:
        """Return a ``Trainer`` that keeps logs and checkpoints in the folder, with PyTorch beside it.

        Parameters
        ----------
        model, loss_fn, optimizer
        name : str
            Of the training, if there are several: ``metrics-NAME.jsonl``, ``reference-NAME.json``.
        reference : Reference, optional
            By default the run's.
        callbacks : sequence of Callback
            More of them.
        log_steps : bool
            Whether the log has a line for every step, and the state of the training is recorded.
        **arguments
            Others of ``Trainer``.
        """
        reference = reference or self.reference
        own: list[Callback] = [JSONLines(self.folder / f"metrics{_ending(name)}.jsonl", log_steps)]
        if reference is not None:
            self._references[name] = reference
            own += [reference.live] if reference.live else []
        if log_steps:
            is_small = sum(p.numel() for p in model.parameters()) < SMALL
            recording = self.folder / f"recording{_ending(name)}.jsonl"
            own.append(Recorder(recording, SELDOM if is_small else EVERY))
        own += [*callbacks, Checkpoint(self._checkpoint(name))]
        return Trainer(model, loss_fn, optimizer, callbacks=own, **arguments)

    def resume(self, name: str = "") -> Path | None:
        """Return what ``Trainer.fit`` takes as ``resume``: the checkpoint of an interrupted training, or None."""
        checkpoint = self._checkpoint(name)
        return checkpoint if self.options.resume and checkpoint.exists() else None

    def _checkpoint(self, name: str) -> Path:
        return self.folder / f"checkpoint{_ending(name)}.npz"

    def studies(self, plans: Mapping[str, Plan], title: str) -> dict[str, dict[str, dict[str, Any]]]:
        """Run studies under one progress bar, see :func:`run_plans`, and keep their trials in ``folder/trials``.

        Those that were kept are run again if the data are others.
        """
        return run_plans(plans, self.folder / "trials", self.options.processes, title, checksums(self.data))

    # ---- results ---------------------------------------------------------------------------------------------

    def finish(
        self,
        results: Results,
        figures: Mapping[str, Callable[[], Any]],
        models: Mapping[str, Module] | None = None,
    ) -> LabResult:
        """Write summary, models, PyTorch's runs, figures and report.

        Parameters
        ----------
        results : Results
        figures : mapping of str to callable
            What draws each figure, by the name of its file without ending. The first is the one to look at first.
        models : mapping of str to Module, optional
            Trained networks, by the name of the file without ending.

        Returns
        -------
        LabResult
        """
        for name, model in (models or {}).items():
            save_safetensors(model, self.folder / f"{name}.safetensors")
        for name, reference in self._references.items():
            if reference.live is not None:
                reference.live.run.save(self.folder / f"reference{_ending(name)}.json")
        summary = self._summary(results)
        write_json(self.folder / "summary.json", summary)
        for name, draw in bar(figures.items(), "figures", total=len(figures)):
            save_figure(draw(), self.folder / f"{name}.png")
        write_text(self.folder / "report.md", results.report(summary))
        notes = [summary["note"]] if "note" in summary else []
        first = f"{next(iter(figures))}.png"
        return LabResult(self.folder, results.table(), [*notes, *results.conclusions()], first)

    def _summary(self, results: Results) -> dict[str, Any]:
        reference = self.reference
        live = reference.live.run.torch if reference and reference.live else None
        return {
            "lab": self.lab,
            "data": {part: describe(source) for part, source in self.data.items()},
            **self.options.deciding(),
            **results.summary(),
            **({"note": reference.note} if reference else {}),
            **environment(live),
        }


def checksums(data: Mapping[str, Source]) -> dict[str, str]:
    """Return the checksums of data under the names that recorded runs of PyTorch have for them."""
    return {f"{part}_sha256": source.sha256 for part, source in data.items()}


def _ending(name: str) -> str:
    return f"-{name}" if name else ""
