"""Which run of PyTorch a lab is compared with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chainrule.interop import ReferenceRun, find_recorded
from chainrule.interop.pytorch import VERSION, LiveReference
from chainrule.labs.options import LabError, Options

Build = Callable[[Any], tuple[Any, Any, Any]]


@dataclass(frozen=True)
class Reference:
    """The run of PyTorch that a training is compared with.

    Attributes
    ----------
    run : ReferenceRun or None
        Its numbers: recorded ones, or those of ``live``, which grow with the training.
    live : LiveReference or None
        What trains PyTorch's network along with ours.
    note : str
        A sentence that says which run it is, and why.
    """

    run: ReferenceRun | None
    live: LiveReference | None
    note: str

    @property
    def kind(self) -> str:
        """Which it is, as ``Options.reference`` says it."""
        return "live" if self.live else "recorded" if self.run else "none"


def find_reference(
    lab: str,
    options: Options,
    settings: Mapping[str, Any],
    build: Build,
    train: Iterable[Any],
    validation: Iterable[Any] | None = None,
    **live: Any,
) -> Reference:
    """Return the run of PyTorch to compare a ``Trainer`` with.

    Parameters
    ----------
    lab : str
    options : Options
    settings : mapping
        What the numbers depend on besides batch size, learning rate and seed: the checksums of the data.
    build : callable
        Takes ``torch`` and returns model, loss function and optimiser.
    train, validation : iterable
        The batches that both sides are trained and tested on.
    **live
        Others of ``LiveReference``: metrics.

    Returns
    -------
    Reference

    Raises
    ------
    LabError
        If what the options ask for can't be had.
    """
    if options.reference == "none":
        return Reference(None, None, "No reference was asked for.")
    wanted = {**options.deciding(), **settings}
    if options.reference in ("auto", "live"):
        try:
            beside = LiveReference(lab, wanted, build, train, validation, **live)
            note = f"PyTorch {beside.run.torch} was trained in this run, epoch by epoch in turn with chainrule."
            return Reference(beside.run, beside, note)
        except ImportError as error:
            if options.reference == "live":
                raise LabError(str(error)) from error
    recorded = find_recorded(lab, wanted, options.epochs)
    if recorded is not None:
        note = (
            f"PyTorch's curve is a recorded run of version {recorded.torch} ({recorded.machine}) on the same "
            "data, from the same seed."
        )
        return Reference(recorded, None, note)
    how = f'pip install "torch=={VERSION}", then run again: PyTorch is trained beside chainrule.'
    if options.reference == "recorded":
        raise LabError(f"No recorded run of PyTorch fits these options. To get one: {how}")
    note = f"PyTorch is not installed and no recorded run of it fits these options. To compare: {how}"
    return Reference(None, None, note)
