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

from chainrule import dtypes, nn, optim
from chainrule.autograd import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from chainrule.creation import *
from chainrule.device import accelerator, cuda, device
from chainrule.dtypes import *
from chainrule.functions import *
from chainrule.gradcheck import gradcheck
from chainrule.random import Generator, get_rng_state, initial_seed, seed, set_rng_state
from chainrule.serialization import load, save
from chainrule.tensor import Size, Tensor, as_tensor, matmul, where

__version__ = "0.1.0"

# PyTorch's other names for the dtypes. They are Python's names too: nothing may come below.
bool, float, double, int, long = dtypes.bool_, dtypes.float32, dtypes.float64, dtypes.int32, dtypes.int64
