"""To and from other software: safetensors files, and PyTorch as the reference."""

from chainrule.interop.reference import ReferenceRun, find_recorded
from chainrule.interop.safetensors import load_safetensors, save_safetensors

__all__ = ["ReferenceRun", "find_recorded", "load_safetensors", "save_safetensors"]
