"""State dicts of models: in memory, as safetensors and as files of ``torch.save``, to PyTorch and from it."""

import io
import tempfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import safetensors.torch
from tests.conformance.library import OURS, THEIRS, array, torch
from tests.conformance.trial import Case, Trial

import chainrule
from chainrule.interop import from_torch, load_safetensors, save_safetensors, to_torch

PARTS = {
    "linear": lambda nn: nn.Linear(4, 4),
    "without bias": lambda nn: nn.Linear(4, 4, bias=False),
    "batch": lambda nn: nn.BatchNorm1d(4),
    "bare batch": lambda nn: nn.BatchNorm1d(4, affine=False, track_running_stats=True),
    "layer": lambda nn: nn.LayerNorm(4),
    "group": lambda nn: nn.GroupNorm(2, 4),
    "rms": lambda nn: nn.RMSNorm(4),
    "prelu": lambda nn: nn.PReLU(4),
    "embedding": lambda nn: nn.Embedding(5, 4),
    "bilinear": lambda nn: nn.Bilinear(4, 4, 2),
    "nothing": lambda nn: nn.ReLU(),
    "nested": lambda nn: nn.Sequential(
        nn.Linear(4, 4), nn.ModuleList([nn.PReLU()]), nn.ModuleDict({"a": nn.Linear(4, 1)})
    ),
}


def model(lib, names, dtype, seed):
    """Make a network from a seed, with running values as if batches had changed them."""
    lib.manual_seed(seed)
    made = lib.nn.Sequential(OrderedDict((f"part{i}", PARTS[name](lib.nn)) for i, name in enumerate(names)))
    made.to(lib.dtype(dtype))
    for buffer in made.buffers():
        if buffer.dtype == lib.dtype("int64"):
            buffer.fill_(7)
        else:
            buffer.uniform_(0.5, 1.5)
    return made


def in_memory(state, out):
    return to_torch(state) if out else state


def copied(state, out):
    """Pass copies, made by the function that makes them from PyTorch's tensors."""
    return to_torch(from_torch(to_torch(state))) if out else from_torch(state)


def as_safetensors(state, out):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.safetensors")
        if not out:
            safetensors.torch.save_file(dict(state), path)
            return load_safetensors(path)
        save_safetensors(state, path)
        return safetensors.torch.load_file(path)


def as_file(**options):
    def moved(state, out):
        file = io.BytesIO()
        torch.save(to_torch(state) if out else state, file, **options)
        file.seek(0)
        return torch.load(file) if out else chainrule.load(file)

    return moved


def damaged(state, kind):
    """Return a state dict that does not fit, or an untouched one."""
    first = min((key for key in state if "num_batches" not in key), default=None)
    if first is None:
        return state
    if kind == "missing":
        return {k: v for k, v in state.items() if k != first}
    if kind == "unexpected":
        return {**state, "more": state[first]}
    return {**state, first: state[first][None]} if kind == "shape" else state


def state_dicts(move):
    def draw(d):
        names = [d.pick(*PARTS) for _ in range(d.integer(1, 5))]
        dtype, seed, out = str(d.dtype), d.seed, d.chance()
        damage = d.pick("", "", "", "missing", "unexpected", "shape")

        def run(lib):
            here, there = (OURS, THEIRS) if out else (THEIRS, OURS)
            if lib.root is not OURS.root:
                here = there = lib
            state = model(here, names, dtype, seed).state_dict()
            loaded = model(there, names, dtype, seed + 1)
            if here is not there:
                state = move(state, out)
            loaded.load_state_dict(damaged(state, damage))
            found = loaded.state_dict()
            return {"exact": [np.array(list(found)), *map(array, found.values())]}

        return Trial(run, [], {"layers": names, "from chainrule to PyTorch": out})

    return draw


ROUTES = {
    "a model's state, in memory": in_memory,
    "a model's state, by to_torch and from_torch": copied,
    "a model's state, as safetensors": as_safetensors,
    "a model's state, in a file of torch.save": as_file(),
    "a model's state, in an old file of torch.save": as_file(_use_new_zipfile_serialization=False),
}
CASES = [Case(name, "Models in and out", state_dicts(move), {}) for name, move in ROUTES.items()]
