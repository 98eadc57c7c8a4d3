"""Every operation of the engine, forward beside derivative, on plain arrays.

One file for each kind. The registry, ``Operation.registry``, knows by name all that have been imported.
"""

from typing import TYPE_CHECKING

from chainrule.later import later

if TYPE_CHECKING:
    from chainrule.ops.activations import *
    from chainrule.ops.arithmetic import *
    from chainrule.ops.cumulative import *
    from chainrule.ops.diagonals import *
    from chainrule.ops.distances import *
    from chainrule.ops.dropout import *
    from chainrule.ops.elementary import *
    from chainrule.ops.elementwise import *
    from chainrule.ops.embedding import *
    from chainrule.ops.layout import *
    from chainrule.ops.linear import *
    from chainrule.ops.losses import *
    from chainrule.ops.margin_losses import *
    from chainrule.ops.normalization import *
    from chainrule.ops.operation import *
    from chainrule.ops.order import *
    from chainrule.ops.pairs import *
    from chainrule.ops.piecewise import *
    from chainrule.ops.reductions import *
    from chainrule.ops.regression_losses import *
    from chainrule.ops.scattering import *
    from chainrule.ops.shapes import *
    from chainrule.ops.smooth import *
    from chainrule.ops.special import *

__getattr__, __dir__ = later(
    __name__,
    {
        "activations": "LeakyReLU LogSoftmax ReLU Sigmoid Softmax Tanh",
        "arithmetic": "Add Div Maximum Minimum Mod Mul Neg Pow Sub Where floor_divide trunc_divide",
        "cumulative": "CumProd LogCumSumExp farthest",
        "diagonals": "Diagonal",
        "distances": "AtLeast PNorm",
        "dropout": "AlphaDropout Dropout drawn_below",
        "elementary": (
            "Acos Acosh Asin Asinh Atan Atanh Cosh Erf Erfc Erfinv Exp2 Expm1 Log10 Log1p Log2 Logit Sinc Sinh Tan"
        ),
        "elementwise": "Abs Cast Clip Clone Cos Exp Log NoGradient Sin Sqrt Step sign",
        "embedding": "Embedding",
        "layout": "in_memory_order",
        "linear": "Linear MatMul",
        "losses": "BCE BCEWithLogits CrossEntropy L1 MSE NLL",
        "margin_losses": "MultiLabelMargin MultiMargin SoftMargin",
        "normalization": "BatchNorm LayerNorm",
        "operation": "Array Operation",
        "order": "Median middle top",
        "pairs": "Atan2 Copysign Fmod Hypot Logaddexp Logaddexp2 Xlogy",
        "piecewise": "Hardshrink Hardsigmoid Hardswish Hardtanh PReLU RReLU Softshrink Threshold",
        "reductions": "CumSum Extremum LogSumExp Mean Norm Prod Std Sum Var",
        "regression_losses": "Huber KLDivergence SmoothL1",
        "scattering": "Scatter ScatterAdd ScatterExtremum",
        "shapes": "Cat Expand Gather Index PLACE Permute Reshape SetIndex SetView TakeView Stack",
        "smooth": "CELU ELU GELU GLU LogSigmoid Mish SELU SiLU Softplus Softsign TanhGELU Tanhshrink",
        "special": "erf erfc erfinv",
    },
)
