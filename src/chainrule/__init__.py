"""Neural networks in plain NumPy that train exactly as PyTorch does.

Examples
--------
>>> import chainrule as cr
>>> from chainrule import nn
>>> _ = cr.manual_seed(42)
>>> model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
>>> optimizer = cr.optim.SGD(model.parameters(), lr=0.5)
>>> x, y = cr.tensor([[0.0, 1.0], [1.0, 0.0]]), cr.tensor([[1.0], [-1.0]])
>>> for _ in range(100):
...     loss = nn.functional.mse_loss(model(x), y)
...     loss.backward()
...     optimizer.step()
...     optimizer.zero_grad()
>>> loss.item() < 1e-4
True
"""

from math import e as e
from math import inf as inf
from math import nan as nan
from math import pi as pi
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from chainrule import dtypes
from chainrule import nn as nn
from chainrule import optim as optim
from chainrule.autograd import enable_grad as enable_grad
from chainrule.autograd import inference_mode as inference_mode
from chainrule.autograd import is_grad_enabled as is_grad_enabled
from chainrule.autograd import no_grad as no_grad
from chainrule.autograd import set_grad_enabled as set_grad_enabled
from chainrule.captured import capture as capture
from chainrule.creation import *
from chainrule.device import accelerator as accelerator
from chainrule.device import cuda as cuda
from chainrule.device import device as device
from chainrule.dtypes import *
from chainrule.functions import FILES as _FILES
from chainrule.functions.methods import *
from chainrule.gradcheck import gradcheck as gradcheck
from chainrule.later import later as _later
from chainrule.memory_formats import contiguous_format as contiguous_format
from chainrule.memory_formats import preserve_format as preserve_format
from chainrule.printing import set_printoptions as set_printoptions
from chainrule.random import Generator as Generator
from chainrule.random import default_generator as default_generator
from chainrule.random import get_rng_state as get_rng_state
from chainrule.random import initial_seed as initial_seed
from chainrule.random import seed as seed
from chainrule.random import set_rng_state as set_rng_state
from chainrule.sampling import *
from chainrule.tape import CaptureError as CaptureError
from chainrule.tensor import Size as Size
from chainrule.tensor import Tensor as Tensor
from chainrule.tensor import as_tensor as as_tensor
from chainrule.tensor import matmul as matmul
from chainrule.tensor import where as where

if _TYPE_CHECKING:
    from chainrule.functions import *

__version__ = "0.1.0"

# Loaded when they are first asked for: who only computes should not wait for what reads files.
_get, _names = _later(
    __name__,
    {
        "backends": "",
        "data": "",
        "datasets": "",
        "derivations": "explain",
        "determinism": "are_deterministic_algorithms_enabled use_deterministic_algorithms",
        "drawings": "draw",
        "linalg": "",
        "serialization": "load save",
        "special": "",
        "tensor_types": "BoolTensor ByteTensor CharTensor DoubleTensor FloatTensor IntTensor LongTensor "
        "ShortTensor",
        "threads": "get_num_threads set_num_threads",
        "train": "",
        "utils": "",
        "functions": " ".join(_FILES.values()),
    },
)


def __getattr__(name: str) -> _Any:
    return [n for n in __dir__() if n[0] != "_"] if name == "__all__" else _get(name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_names()})


# PyTorch's other names for the dtypes. They are Python's names too: nothing may come below.
bool, float, double, int, long = dtypes.bool_, dtypes.float32, dtypes.float64, dtypes.int32, dtypes.int64
