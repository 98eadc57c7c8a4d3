"""To and from other software: PyTorch's tensors and states, safetensors files, and PyTorch as the reference."""

from chainrule.interop.exchange import from_torch, to_torch
from chainrule.interop.reference import ReferenceRun, find_recorded
from chainrule.interop.safetensors import load_safetensors, save_safetensors

__all__ = ["ReferenceRun", "find_recorded", "from_torch", "load_safetensors", "save_safetensors", "to_torch"]
