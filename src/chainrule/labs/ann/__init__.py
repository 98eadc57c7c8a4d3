"""Artificial neural networks: activations, networks small and large, and what goes wrong when they get deep."""

from chainrule.labs.ann.lesson import BATCH_SIZE, EPOCHS, EXTRA, LR, NAME, run

__all__ = ["BATCH_SIZE", "EPOCHS", "EXTRA", "LR", "NAME", "run"]
