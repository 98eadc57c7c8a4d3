"""The names of ``torch.utils.data``, which live in :mod:`chainrule.data`."""

from chainrule.data import *  # noqa: F403
from chainrule.later import missing_from as _missing_from

__getattr__ = _missing_from(__name__)
