"""Neural networks in plain NumPy that train exactly as PyTorch does."""

__version__ = "0.1.0"
