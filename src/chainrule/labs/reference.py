"""Which run of PyTorch a lab is compared with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from chainrule.interop import ReferenceRun, find_recorded
from chainrule.interop.pytorch import VERSION, LiveReference, import_torch
from chainrule.labs.options import LabError, Options

L = TypeVar("L")
Build = Callable[[Any], tuple[Any, Any, Any]]


def choose_reference(
    lab: str, options: Options, settings: dict[str, Any], build: Build, train_batches: Any, test_batches: Any
) -> tuple[LiveReference | ReferenceRun | None, str]:
    """Return the run of PyTorch to compare a ``Trainer`` with, and a sentence that says which it is and why.

    Parameters
    ----------
    lab : str
    options : Options
    settings : dict
        What the numbers depend on, as a recorded run names it.
    build : callable
        Takes ``torch`` and returns model, loss function and optimiser.
    train_batches, test_batches : iterable
        What both sides are trained and tested on.

    Returns
    -------
    LiveReference, ReferenceRun or None
        What trains along with us, or what was recorded.
    str
        The sentence.

    Raises
    ------
    LabError
        If what the options ask for can't be had.
    """

    def live() -> LiveReference:
        return LiveReference(lab, settings, build, train_batches, test_batches)

    return choose(lab, options, settings, live)


def choose(
    lab: str, options: Options, settings: dict[str, Any], live: Callable[[], L]
) -> tuple[L | ReferenceRun | None, str]:
    """Do the same for a loop of one's own: ``live`` makes what trains PyTorch along with it."""
    if options.reference == "none":
        return None, "No reference was asked for."
    if options.reference in ("auto", "live"):
        try:
            version = import_torch().__version__.partition("+")[0]
            return live(), f"PyTorch {version} was trained in this run, epoch by epoch in turn with chainrule."
        except ImportError as error:
            if options.reference == "live":
                raise LabError(str(error)) from error
    recorded = find_recorded(lab, settings, options.epochs)
    if recorded is not None:
        return recorded, (
            f"PyTorch's curve is a recorded run of version {recorded.torch} ({recorded.machine}) on the same "
            "data, from the same seed."
        )
    how = f'pip install "torch=={VERSION}", then run again: PyTorch is trained beside chainrule.'
    if options.reference == "recorded":
        raise LabError(f"No recorded run of PyTorch fits these options. To get one: {how}")
    return None, f"PyTorch is not installed and no recorded run of it fits these options. To compare: {how}"
