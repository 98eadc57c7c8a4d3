"""What is wrong with a training: checks, each with its number, its threshold and the reason for that.

The thresholds are rules of thumb from the literature that each check names. They were held against trainings that
have the illness and against healthy ones (``tests/inspection``), between which they leave room on both sides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from chainrule.inspection.recording import Recording
from chainrule.inspection.words import listed, number, percent
from chainrule.ops import Array

SMALL_GRADIENT = 1e-3  # of the layer with the largest, both over their weights
GROWTH = 100.0  # of the gradient's norm since the first step
WORSE = 1.5  # times the first loss
EARLY, UNLUCKY = 20, 0.05  # of so many steps, so many have a loss that is low by chance, if batches are small
DEAD = 0.4
FEW = 50  # examples, for all of which a healthy unit may well be zero
SATURATED = 0.5
HIGH, USUAL, LOW = 1e-1, 1e-3, 5e-4  # ‖update‖ / ‖weight‖
OVERTHROW = 1.0  # the same, of a single update
OFTEN = 0.25  # of the steps but the first; the first updates of healthy trainings may be HIGH
ENOUGH = 11  # steps, the first among them, for what is said of their share or their median
RISE = 0.05  # of the validation loss above its least
STEADY = 3  # epochs for which it must have been so
STILL_FALLING = 0.01  # of the loss in the last epoch
HARDLY = 0.05  # of the loss in all
LEFT = 0.1  # of the loss: below, there is not much to learn any more

GLOROT = "Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010"
PASCANU = "Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks, 2013"
CS231N = "Karpathy, CS231n Convolutional neural networks for visual recognition, Neural networks part 1 and 3"
PRECHELT = "Prechelt, Early stopping – but when?, 1998"
GOODFELLOW = "Goodfellow, Bengio and Courville, Deep learning, section 4.1 on overflow and underflow, 2016"


@dataclass(frozen=True)
class Finding:
    """What a check has found.

    Attributes
    ----------
    name : str
        What it looks for.
    is_wrong : bool
    sentence : str
        What is the case, with the numbers.
    threshold : str
        From where on it is taken to be wrong, and why.
    source : str
    """

    name: str
    is_wrong: bool
    sentence: str
    threshold: str
    source: str

    @property
    def in_order(self) -> str:
        """What is said where it is not wrong.

        >>> Finding("learning rate too low", False, "", "", "").in_order
        'learning rate not too low'
        """
        return self.name.replace(" too ", " not too ") if " too " in self.name else f"no {self.name}"


def diagnose(recording: Recording) -> list[Finding]:
    """Look for what can be wrong with a training.

    Parameters
    ----------
    recording : Recording

    Returns
    -------
    list of Finding
        One for each check for which there is enough to look at, whether or not it is wrong.

    Raises
    ------
    TypeError
        If it is no ``Recording``, but the name of one, say.
    """
    if not isinstance(recording, Recording):
        raise TypeError(f"diagnose expected a Recording, got {recording!r}: pass read_recording(path)")
    checks: list[Callable[[Recording], Finding | None]] = [
        exploding, rate_too_high, dying, vanishing, saturated, rate_too_low, overfitting, no_validation_loss,
    ]  # fmt: skip
    return [finding for check in checks if (finding := check(recording)) is not None]


def conclusion(findings: list[Finding]) -> str:
    """Return a sentence on what is wrong in all, or that nothing is.

    Examples
    --------
    >>> conclusion([Finding("overfitting", False, "", "", ""), Finding("dying ReLUs", False, "", "", "")])
    'Nothing is wrong, as far as these checks see: no overfitting and no dying ReLUs.'
    """
    wrong = [finding.name for finding in findings if finding.is_wrong]
    if wrong:
        return f"Something is wrong: {listed(wrong)}."
    if not findings:
        return "Too little was recorded to say anything."
    names = listed([finding.in_order for finding in findings])
    return f"Nothing is wrong, as far as these checks see: {names}."


# ---- the checks -------------------------------------------------------------------------------------------------


def exploding(recording: Recording) -> Finding | None:
    """Look whether the gradient grew out of all proportion, and the loss with it."""
    norms = gradient_norms(recording)
    threshold = (
        f"a gradient {GROWTH:g} times as large as in the first step, with a loss {WORSE:g} times the first (more "
        "where the losses of single steps vary); or a loss that is no number. Gradients are clipped where they "
        "exceed up to 10 times their usual norm: this is ten times as much"
    )
    if not len(norms):
        sentence = (
            "The loss of the first step was infinite or not a number: look at the data and the initial weights."
        )
        return Finding("exploding gradients", True, sentence, threshold, PASCANU) if recording.end else None
    begin, worst, _, has_risen = _rise(recording)
    first, most, at = norms[0], np.nanmax(norms), int(recording.at()[np.nanargmax(norms)])
    is_wrong = recording.end is not None or (has_risen and bool(most >= GROWTH * first))
    if has_risen and not is_wrong:  # it may have exploded between the steps that were looked at
        return None
    largest = f"{number(most)} at its largest (step {at:,}), in {_looked_at(recording)}"
    sentence = f"The gradient's norm is {number(first)} in the first step and {largest}."
    if recording.end is not None:
        sentence = f"At step {recording.end['step']:,}, the loss was infinite or not a number. {sentence}"
    elif is_wrong:
        sentence += f" The loss, {number(begin)} at first, rose to {number(worst)}."
    if is_wrong:
        sentence += " A lower learning rate, smaller initial weights or nn.utils.clip_grad_norm_ help."
    return Finding("exploding gradients", is_wrong, sentence, threshold, PASCANU)


def rate_too_high(recording: Recording) -> Finding | None:
    """Look whether single updates overthrow what was learnt, or the loss is above where it began."""
    found = _largest(recording, recording.of_parameters(recording.matrices, "ratio"))
    if found is None:
        return None
    ratio, name, step = found
    later = _greatest(recording.of_parameters(recording.matrices, "ratio")[1:])
    is_enough = len(later) >= ENOUGH - 1
    often = float(np.mean(later >= HIGH)) if is_enough else 0.0
    begin, worst, where, has_risen = _rise(recording)
    is_wrong = ratio >= OVERTHROW or often >= OFTEN or has_risen
    if not is_enough and not is_wrong:
        return None
    sentence = f"The largest update changed {name} by {percent(ratio)} of its norm (step {step:,})."
    if often:
        steps = f"the {len(later):,} steps that were looked at after the first"
        sentence += f" In {percent(often)} of {steps}, one was {percent(HIGH)} or more."
    if has_risen:
        sentence += f" The loss, {number(begin)} at first, rose to {number(worst)} ({where})."
    if is_wrong:
        sentence += " Try a learning rate that is ten times lower."
    threshold = (
        f"updates of {percent(HIGH)} of the weights' norm in {percent(OFTEN)} of the steps after the first, "
        f"where {percent(USUAL)} is usual, or one of {percent(OVERTHROW)}. Or a loss of {WORSE:g} times the first"
    )
    return Finding("learning rate too high", is_wrong, sentence, threshold, CS231N)


def dying(recording: Recording) -> Finding | None:
    """Look for ReLUs that let nothing through any more."""
    fractions, name, last = _stuck(recording, "dead")
    if not fractions or recording.epochs[-1].get("examples", 0) < FEW:
        return None
    first = recording.epochs[0].get("dead", {}).get(name)
    is_wrong = last >= DEAD
    before = "" if first is None else f" (after the first epoch {percent(first)})"
    sentence = (
        f"In {_layer(recording, name)}, {percent(last)} of the ReLUs are zero for every example of the "
        f"validation{before}."
    )
    if is_wrong:
        others = {layer: part for layer, part in fractions.items() if part >= DEAD and layer != name}
        if others:
            also = [f"{_layer(recording, layer)}: {percent(part)}" for layer, part in others.items()]
            sentence += f" So it is in {listed(also)}."
        sentence += (
            " They get no gradient and stay so: a lower learning rate, He's initial weights or LeakyReLU help."
        )
    threshold = (
        f"{percent(DEAD)} of a layer, which a learning rate that is too high was seen to bring about; in a "
        f"validation of {FEW} examples or more"
    )
    return Finding("dying ReLUs", is_wrong, sentence, threshold, CS231N)


def vanishing(recording: Recording) -> Finding | None:
    """Look whether some layers get hardly any gradient in comparison with others."""
    # of an embedding's many rows, few have a gradient in a batch
    matrices = [
        name
        for name in recording.matrices
        if not recording.type_of(name.rpartition(".")[0]).startswith("Embedding")
    ]
    gradients = recording.of_parameters(matrices, "gradient", "norm")
    weights = recording.of_parameters(matrices, "weight", "norm")
    relative = np.divide(gradients, weights, out=np.full_like(gradients, np.nan), where=weights > 0)
    relative[~(relative > 0)] = np.nan  # what is dead is another finding
    seen = np.asarray(np.isfinite(relative).sum(axis=0) >= ENOUGH)
    if seen.sum() < 2:
        return None
    names = [name for name, is_seen in zip(matrices, seen.tolist(), strict=True) if is_seen]
    usual = np.nanmedian(relative[:, seen], axis=0)
    least, most = int(np.argmin(usual)), int(np.argmax(usual))
    share = usual[least] / usual[most]
    is_wrong = bool(share < SMALL_GRADIENT)
    sentence = (
        f"Beside its weights, the gradient of {names[least]} is {number(share)} times that of {names[most]} "
        "(norms, medians over the steps)."
    )
    if is_wrong:
        sentence += (
            " It hardly learns: ReLU instead of sigmoid, fewer layers, batch normalisation or other initial "
            "weights help."
        )
    threshold = (
        f"{SMALL_GRADIENT:g}, in {ENOUGH} steps or more: what is left behind five sigmoids, whose derivative is "
        "1/4 at most (4⁻⁵ ≈ 1/1000)"
    )
    return Finding("vanishing gradients", is_wrong, sentence, threshold, GLOROT)


def saturated(recording: Recording) -> Finding | None:
    """Look for sigmoids and tanhs that are stuck where they are flat."""
    fractions, name, share = _stuck(recording, "saturated")
    if not fractions:
        return None
    is_wrong = share >= SATURATED
    sentence = (
        f"In {_layer(recording, name)}, {percent(share)} of the outputs in validation lie where the function is "
        "flat."
    )
    if is_wrong:
        sentence += (
            " Little gradient gets through: smaller weights, a lower learning rate or normalised inputs help."
        )
    threshold = (
        f"{percent(SATURATED)} of a hidden layer's outputs; flat is where the derivative is less than "
        f"{percent(0.06)} of the greatest (|tanh| > 0.97)"
    )
    return Finding("saturation", is_wrong, sentence, threshold, GLOROT)


def rate_too_low(recording: Recording) -> Finding | None:
    """Look whether the weights hardly move although there is something left to learn."""
    ratios = recording.of_parameters(recording.matrices, "ratio")
    losses = recording.measured("train_loss")
    if (
        len(ratios) < ENOUGH
        or not np.isfinite(ratios).any()
        or len(losses) < 2
        or not np.isfinite(losses[[0, -2, -1]]).all()
    ):
        return None
    usual, most = float(np.nanmedian(_greatest(ratios))), float(np.nanmax(ratios))
    begin = recording.losses()[1]  # a mean, where the loss of the first step is that of one batch
    if begin <= 0 or (losses[-2:] <= 0).any():  # shares of such a loss mean nothing
        return None
    fallen, lately = 1 - losses[-1] / begin, 1 - losses[-1] / losses[-2]
    is_small = bool(usual < LOW and most < HIGH) and not _rise(recording)[-1]
    is_wrong = is_small and bool(fallen < HARDLY or (lately >= STILL_FALLING and fallen <= 1 - LEFT))
    wide = f", {percent(most)} at most" if most >= HIGH else ""
    sentence = (
        f"An update changes the weights by {percent(usual)} of their norm (the layer that changes most; median "
        f"over the steps{wide}), and the training loss went from {number(begin)} to {number(losses[-1])}"
    )
    if is_wrong and fallen < HARDLY:
        sentence += ": hardly at all. Try a learning rate that is ten times higher, or more."
    elif is_wrong:
        sentence += (
            f", by {percent(lately)} in the last epoch alone: it would go on. A higher learning rate gets there "
            "sooner."
        )
    else:
        sentence += f", by {percent(lately)} in the last epoch." if lately > 0 else "."
    threshold = (
        f"less than {percent(LOW)}, where {percent(USUAL)} is usual, while the loss still falls by "
        f"{percent(STILL_FALLING)} an epoch and {percent(LEFT)} of it are left, or has fallen by less than "
        f"{percent(HARDLY)} in all"
    )
    return Finding("learning rate too low", is_wrong, sentence, threshold, CS231N)


def overfitting(recording: Recording) -> Finding | None:
    """Look whether validation has got worse for good while training got better."""
    validation, training = recording.measured("validation_loss"), recording.measured("train_loss")
    if len(validation) < 2 or not np.isfinite(validation[-1]) or np.nanmin(validation) <= 0:
        return None  # of a loss that is not positive, shares mean nothing
    best = int(np.nanargmin(validation))
    after = validation[best + 1 :]
    rise = validation[-1] / validation[best] - 1
    lasts = len(after) >= STEADY and bool((after[-STEADY:] > (1 + RISE) * validation[best]).all())
    is_wrong = lasts and bool(training[-1] < training[best])
    sentence = f"The validation loss was lowest after epoch {best + 1} ({number(validation[best])})"
    if len(after):
        sentence += (
            f" and is {number(validation[-1])} now, {percent(rise)} above; the training loss went from "
            f"{number(training[best])} to {number(training[-1])} meanwhile"
        )
    sentence += "."
    if is_wrong:
        sentence += " More data, dropout, weight decay or train.EarlyStopping help."
    threshold = (
        f"a validation loss that was {percent(RISE)} above its least in each of the last {STEADY} epochs, while "
        "the training loss has fallen"
    )
    return Finding("overfitting", is_wrong, sentence, threshold, PRECHELT)


def no_validation_loss(recording: Recording) -> Finding | None:
    """Look for validations whose loss is no number. That others have one goes without saying."""
    measured = [epoch for epoch in recording.epochs if "validation_loss" in epoch]
    without = [epoch["epoch"] for epoch in measured if epoch["validation_loss"] is None]
    if not without:
        return None
    training = recording.measured("train_loss")[-1]
    sentence = (
        f"The validation loss was infinite or not a number in {len(without)} of {len(measured)} epochs, first in "
        f"epoch {without[0]}; the training loss is {number(training)}. Look at the examples that only validation "
        "has, and at what the model does in evaluation mode: batch normalisation takes running statistics there."
    )
    return Finding("validation loss not a number", True, sentence, "a single epoch", GOODFELLOW)


# ---- numbers ----------------------------------------------------------------------------------------------------


def gradient_norms(recording: Recording) -> Array:
    """Return the norm of the whole gradient at the steps that were looked at."""
    norms = recording.of_parameters(list(recording.training["parameters"]), "gradient", "norm")
    return np.asarray(np.sqrt(np.nansum(norms**2, axis=1)))


def _looked_at(recording: Recording) -> str:
    """Say how many steps there were to look at."""
    n = len(recording.steps)
    return f"the {'only step' if n == 1 else f'{n:,} steps'} that {'was' if n == 1 else 'were'} looked at"


def _rise(recording: Recording) -> tuple[float, float, str, bool]:
    """Return the first loss, the greatest mean, of what, and whether it is much more, as 0 and less can't be."""
    means = {f"mean over {recording.training['every']} steps": float(np.nanmax(recording.losses()))}
    of_epochs = recording.measured("train_loss")
    if np.isfinite(of_epochs).any():  # with what came after the last step that was looked at
        means[f"mean over epoch {int(np.nanargmax(of_epochs)) + 1}"] = float(np.nanmax(of_epochs))
    begin, where = float(recording.steps[0]["loss"]), max(means, key=lambda name: means[name])
    return begin, means[where], where, begin > 0 and means[where] * _scatter(recording) >= WORSE * begin


def _scatter(recording: Recording) -> float:
    """Return how low the loss of a single step may be by chance, beside the mean of its time: 1 for not at all."""
    early = slice(1, 1 + EARLY)
    means, singles = recording.losses()[early], np.array([step["loss"] for step in recording.steps[early]], float)
    shares = singles[means > 0] / means[means > 0]
    return min(float(np.nanquantile(shares, UNLUCKY)), 1.0) if len(shares) >= ENOUGH - 1 else 1.0


def _layer(recording: Recording, name: str) -> str:
    """Name a layer in a sentence: those of ``Sequential`` are mere numbers."""
    return f"layer {recording.titled(name) if recording.type_of(name) else name}"


def _greatest(ratios: Array) -> Array:
    """Return the greatest of each row, of those that have any number."""
    rows = ratios[np.isfinite(ratios).any(axis=1)]
    return np.asarray(np.nanmax(rows, axis=1))


def _largest(recording: Recording, ratios: Array) -> tuple[float, str, int] | None:
    """Return the largest of all ratios, and of which parameter at which step it is."""
    if not np.isfinite(ratios).any():
        return None
    row, column = np.unravel_index(np.nanargmax(ratios), ratios.shape)
    return float(ratios[row, column]), recording.matrices[column], int(recording.at()[row])


def _stuck(recording: Recording, kind: str) -> tuple[dict[str, float], str, float]:
    """Return the share of each layer that was stuck after the last epoch, and where it is the greatest."""
    fractions = recording.epochs[-1].get(kind, {}) if recording.epochs else {}
    name = max(fractions, key=lambda layer: fractions[layer], default="")
    return fractions, name, fractions.get(name, 0.0)
