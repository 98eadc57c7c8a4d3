"""Every operation of the engine, forward beside derivative, on plain arrays.

One file for each kind. The registry, ``Operation.registry``, knows by name all that have been imported.
"""

from typing import TYPE_CHECKING

from chainrule.later import later

if TYPE_CHECKING:
    from chainrule.ops.activations import *
    from chainrule.ops.arithmetic import *
    from chainrule.ops.distances import *
    from chainrule.ops.dropout import *
    from chainrule.ops.elementwise import *
    from chainrule.ops.embedding import *
    from chainrule.ops.linear import *
    from chainrule.ops.losses import *
    from chainrule.ops.margin_losses import *
    from chainrule.ops.normalization import *
    from chainrule.ops.operation import *
    from chainrule.ops.piecewise import *
    from chainrule.ops.reductions import *
    from chainrule.ops.regression_losses import *
    from chainrule.ops.shapes import *
    from chainrule.ops.smooth import *
    from chainrule.ops.special import *

__getattr__, __dir__ = later(
    __name__,
    {
        "activations": "LeakyReLU LogSoftmax ReLU Sigmoid Softmax Tanh",
        "arithmetic": "Add Div Maximum Minimum Mod Mul Neg Pow Sub Where floor_divide",
        "distances": "AtLeast PNorm",
        "dropout": "AlphaDropout Dropout axes_in_memory drawn_below in_memory_order",
        "elementwise": "Abs Cast Clip Clone Cos Exp Log NoGradient Sin Sqrt Step sign",
        "embedding": "Embedding",
        "linear": "Linear MatMul",
        "losses": "BCE BCEWithLogits CrossEntropy L1 MSE NLL",
        "margin_losses": "MultiLabelMargin MultiMargin SoftMargin",
        "normalization": "BatchNorm LayerNorm",
        "operation": "Array Operation",
        "piecewise": "Hardshrink Hardsigmoid Hardswish Hardtanh PReLU RReLU Softshrink Threshold",
        "reductions": "CumSum Extremum LogSumExp Mean Norm Prod Std Sum Var",
        "regression_losses": "Huber KLDivergence SmoothL1",
        "shapes": "Cat Expand Gather Index PLACE Permute Reshape SetIndex SetView Stack",
        "smooth": "CELU ELU GELU GLU LogSigmoid Mish SELU SiLU Softplus Softsign TanhGELU Tanhshrink",
        "special": "erf",
    },
)
