"""What ``torch.autograd`` is in PyTorch, and what the engine does for it.

Whether operations are recorded (``grad_mode.py``), what the engine tells a tape (``taping.py``), the backward walk
(``walk.py``), hooks (``hooks.py``), gradients of some tensors only (``gradients.py``), functions with derivatives
of one's own (``function.py``), and looking for NaN (``anomaly.py``).
"""

from typing import TYPE_CHECKING

from chainrule.autograd.grad_mode import enable_grad as enable_grad
from chainrule.autograd.grad_mode import inference_mode as inference_mode
from chainrule.autograd.grad_mode import is_grad_enabled as is_grad_enabled
from chainrule.autograd.grad_mode import mode as mode
from chainrule.autograd.grad_mode import no_grad as no_grad
from chainrule.autograd.grad_mode import set_grad_enabled as set_grad_enabled
from chainrule.autograd.taping import constant as constant
from chainrule.autograd.taping import refuse_capture as refuse_capture
from chainrule.autograd.taping import replayed as replayed
from chainrule.autograd.taping import structure as structure
from chainrule.autograd.taping import structure_changed as structure_changed
from chainrule.autograd.taping import unobserved as unobserved
from chainrule.later import later

if TYPE_CHECKING:
    from chainrule.autograd.anomaly import detect_anomaly as detect_anomaly
    from chainrule.autograd.anomaly import set_detect_anomaly as set_detect_anomaly
    from chainrule.autograd.function import Function as Function
    from chainrule.autograd.gradients import backward as backward
    from chainrule.autograd.gradients import grad as grad
    from chainrule.gradcheck import gradcheck as gradcheck

# Of tensors, which are made of what is above.
__getattr__, _later = later(
    __name__,
    {
        "autograd.anomaly": "detect_anomaly set_detect_anomaly",
        "autograd.function": "Function",
        "autograd.gradients": "backward grad",
        "gradcheck": "gradcheck",
    },
    package="chainrule",
)


def __dir__() -> list[str]:
    """Return PyTorch's names, without the engine's."""
    return sorted([*_later(), "enable_grad", "inference_mode", "is_grad_enabled", "no_grad", "set_grad_enabled"])
