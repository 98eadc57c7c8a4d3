"""Measured against real peers: see `benchmarks.harness` for how, and run ``python -m benchmarks``."""
