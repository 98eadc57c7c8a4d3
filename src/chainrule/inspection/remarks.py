"""What has to be known before anything is said of a training: how much of it was recorded."""

from __future__ import annotations

from chainrule.inspection.diagnosis import ENOUGH
from chainrule.inspection.recording import Recording


def remarks(recording: Recording) -> list[str]:
    """Say where a recording breaks off, and that there is little in it, if it is so.

    Parameters
    ----------
    recording : Recording

    Returns
    -------
    list of str
        Sentences.
    """
    return [*_break(recording), *_little(recording)]


def _break(recording: Recording) -> list[str]:
    if recording.end is not None or recording.is_stopped or not (recording.steps or recording.epochs):
        return []
    epochs, last = recording.training.get("epochs", 0), len(recording.epochs)
    step = max(line["step"] for line in [*recording.steps, *recording.epochs])
    is_within = not last or step > recording.epochs[-1]["step"]
    if not is_within and last >= epochs:
        return []
    total = f" of {epochs}" if epochs > last else ""
    where = f"in epoch {last + 1}" if is_within else f"after epoch {last}"
    return [f"The recording ends {where}{total}, at step {step:,}: the training was cut off, or still goes on."]


def _little(recording: Recording) -> list[str]:
    n = len(recording.steps)
    if n == 0 or n >= ENOUGH:
        return []
    longer = "" if recording.end else ", or train longer"
    return [
        f"Only {n} {'step was' if n == 1 else 'steps were'} looked at: for some checks, {ENOUGH} are needed. "
        f"Pass Recorder a smaller every than {recording.training['every']}{longer}."
    ]
