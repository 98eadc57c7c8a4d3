"""The names of ``torch.utils.data``, which live in :mod:`chainrule.data`."""

from chainrule.data import *  # noqa: F403
