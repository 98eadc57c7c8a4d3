"""Every operation of the engine, forward beside derivative, on plain arrays.

One file for each kind. The registry, ``Operation.registry``, knows them all by name.
"""

from chainrule.ops.activations import LeakyReLU, LogSoftmax, ReLU, Sigmoid, Softmax, Tanh
from chainrule.ops.arithmetic import Add, Div, Maximum, Minimum, Mod, Mul, Neg, Pow, Sub, Where, floor_divide
from chainrule.ops.distances import AtLeast, PNorm
from chainrule.ops.dropout import AlphaDropout, Dropout
from chainrule.ops.elementwise import Abs, Cast, Clip, Clone, Cos, Exp, Log, NoGradient, Sin, Sqrt, Step, sign
from chainrule.ops.embedding import Embedding
from chainrule.ops.linear import Linear, MatMul
from chainrule.ops.losses import BCE, L1, MSE, NLL, BCEWithLogits, CrossEntropy
from chainrule.ops.margin_losses import MultiLabelMargin, MultiMargin, SoftMargin
from chainrule.ops.normalization import BatchNorm, LayerNorm
from chainrule.ops.operation import Array, Operation
from chainrule.ops.piecewise import (
    Hardshrink,
    Hardsigmoid,
    Hardswish,
    Hardtanh,
    PReLU,
    RReLU,
    Softshrink,
    Threshold,
)
from chainrule.ops.reductions import CumSum, Extremum, LogSumExp, Mean, Norm, Prod, Std, Sum, Var
from chainrule.ops.regression_losses import Huber, KLDivergence, SmoothL1
from chainrule.ops.shapes import PLACE, Cat, Expand, Gather, Index, Permute, Reshape, SetIndex, SetView, Stack
from chainrule.ops.smooth import (
    CELU,
    ELU,
    GELU,
    GLU,
    SELU,
    LogSigmoid,
    Mish,
    SiLU,
    Softplus,
    Softsign,
    TanhGELU,
    Tanhshrink,
)
from chainrule.ops.special import erf

__all__ = [
    "BCE",
    "CELU",
    "ELU",
    "GELU",
    "GLU",
    "L1",
    "MSE",
    "NLL",
    "PLACE",
    "SELU",
    "Abs",
    "Add",
    "AlphaDropout",
    "Array",
    "AtLeast",
    "BCEWithLogits",
    "BatchNorm",
    "Cast",
    "Cat",
    "Clip",
    "Clone",
    "Cos",
    "CrossEntropy",
    "CumSum",
    "Div",
    "Dropout",
    "Embedding",
    "Exp",
    "Expand",
    "Extremum",
    "Gather",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "Huber",
    "Index",
    "KLDivergence",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "Log",
    "LogSigmoid",
    "LogSoftmax",
    "LogSumExp",
    "MatMul",
    "Maximum",
    "Mean",
    "Minimum",
    "Mish",
    "Mod",
    "Mul",
    "MultiLabelMargin",
    "MultiMargin",
    "Neg",
    "NoGradient",
    "Norm",
    "Operation",
    "PNorm",
    "PReLU",
    "Permute",
    "Pow",
    "Prod",
    "RReLU",
    "ReLU",
    "Reshape",
    "SetIndex",
    "SetView",
    "SiLU",
    "Sigmoid",
    "Sin",
    "SmoothL1",
    "SoftMargin",
    "Softmax",
    "Softplus",
    "Softshrink",
    "Softsign",
    "Sqrt",
    "Stack",
    "Std",
    "Step",
    "Sub",
    "Sum",
    "Tanh",
    "TanhGELU",
    "Tanhshrink",
    "Threshold",
    "Var",
    "Where",
    "erf",
    "floor_divide",
    "sign",
]
