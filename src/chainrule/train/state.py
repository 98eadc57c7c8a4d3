"""The state of a training: all that it stands on, and whether it fits where it is to be loaded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from chainrule.nn import Module
from chainrule.train.history import History, RunningEpoch
from chainrule.train.replay import generators_of, get_states

if TYPE_CHECKING:
    from chainrule.train.trainer import Trainer

Makeup = dict[str, str | None]


class CheckpointError(ValueError):
    """A training can't go on from a checkpoint; the message says which, and why."""


def state_of(trainer: Trainer) -> dict[str, Any]:
    """Return everything that a training stands on. Tensors share their memory."""
    running = trainer.running
    return {
        "makeup": makeup_of(trainer),
        "model": trainer.model.state_dict(),
        "optimizer": trainer.optimizer.state_dict(),
        "scheduler": None if trainer.scheduler is None else trainer.scheduler.state_dict(),
        "generators": get_states(generators_of(**trainer.loaders)),
        "history": trainer.history.state_dict(),
        "running": None if running is None else asdict(running),
        "callbacks": [state for _, state in _callback_states(trainer)],
    }


def load_state(trainer: Trainer, state: dict[str, Any]) -> None:
    """Put a trainer where another of the same makeup stood, all but the generators."""
    check_makeup(trainer, state)
    trainer.model.load_state_dict(state["model"])
    trainer.model.zero_grad()  # an error in the middle of a step may have left gradients
    trainer.optimizer.load_state_dict(state["optimizer"])
    trainer.optimizer._stepped = True  # elsewhere: a schedule that steps next need not warn
    if trainer.scheduler is not None:
        trainer.scheduler.load_state_dict(state["scheduler"])
    trainer.history = History.from_state(state["history"])
    trainer.running = None if state["running"] is None else RunningEpoch.from_state(state["running"])
    for (callback, _), saved in zip(_callback_states(trainer), state["callbacks"], strict=True):
        callback.load_state_dict(saved)


def _callback_states(trainer: Trainer) -> list[tuple[Any, dict[str, Any]]]:
    """Return the callbacks that remember something, and what."""
    return [(callback, state) for callback in trainer.callbacks if (state := callback.state_dict())]


# ---- what must be the same --------------------------------------------------------------------------------------


def check_makeup(trainer: Trainer, state: dict[str, Any]) -> None:
    """Raise a ValueError that says in what a trainer and the one of a checkpoint differ, if they do.

    Loaders are compared only once the trainer has some.
    """
    if not isinstance(state, dict) or "makeup" not in state:
        raise ValueError("this is no checkpoint of a Trainer: it has no entry 'makeup'")
    parts = ["makeup", "model", "optimizer", "generators", "history"]
    for part in parts if trainer.scheduler is None else [*parts, "scheduler"]:
        if not isinstance(state.get(part), dict):
            raise ValueError(f"this is no checkpoint of a Trainer: its entry {part!r} is no dict")
    saved, own = state["makeup"], makeup_of(trainer)
    names = [name for name in {**saved, **own} if trainer.loaders or not name.startswith("loader ")]
    differences = [
        f"{name} was {a}, and is {b}"
        for name in names
        if saved.get(name) != own.get(name)
        for a, b in [_first_difference(saved.get(name), own.get(name))]
    ]
    if differences:
        listed = "".join(f"\n  - {d}" for d in differences[:10])
        raise ValueError(f"the checkpoint is of another training than the one that is to go on:{listed}")


def _first_difference(a: str | None, b: str | None) -> tuple[str, str]:
    """Return the first lines in which two descriptions differ."""
    lines = zip_longest((a or "absent").splitlines(), (b or "absent").splitlines(), fillvalue="nothing more")
    return next((x.strip(), y.strip()) for x, y in lines if x != y)


def makeup_of(trainer: Trainer) -> Makeup:
    """Describe what a training is made of, as far as a checkpoint of it depends on that."""
    groups = [len(group["params"]) for group in trainer.optimizer.param_groups]
    remembering = [type(callback).__name__ for callback, _ in _callback_states(trainer)]
    result: Makeup = {
        "model": repr(trainer.model),
        **{f"model's {k}": f"{v.dtype} {tuple(v.shape)}" for k, v in trainer.model.state_dict().items()},
        "loss function": _name(trainer.loss_fn),
        "optimizer": f"{type(trainer.optimizer).__name__} of {groups} parameters",
        "scheduler": None if trainer.scheduler is None else type(trainer.scheduler).__name__,
        "callbacks with a memory": ", ".join(remembering) or None,
    }
    for role, loader in trainer.loaders.items():
        result.update(_describe_loader(f"loader {role!r}", loader))
    return result


def _name(loss_fn: Any) -> str:
    return (
        repr(loss_fn) if isinstance(loss_fn, Module) else getattr(loss_fn, "__qualname__", type(loss_fn).__name__)
    )


def _describe_loader(name: str, loader: Any) -> Makeup:
    sampler = getattr(loader, "sampler", None)
    options: dict[str, Any] = {
        "batch size": getattr(loader, "batch_size", None),
        "number of batches": length_of(loader),
        "number of samples": length_of(getattr(loader, "dataset", None)),
        "drop_last": getattr(loader, "drop_last", None),
        "sampler": None if sampler is None else type(sampler).__name__,
        "generators": ", ".join(generators_of(own=loader)),
    }
    return {f"{name}: {key}": None if value is None else str(value) for key, value in options.items()}


def length_of(batches: Iterable[Any] | None) -> int | None:
    """Return how many batches, or samples, there are, where that can be known."""
    try:
        return len(batches)  # type: ignore[arg-type]
    except (TypeError, NotImplementedError):
        return None
