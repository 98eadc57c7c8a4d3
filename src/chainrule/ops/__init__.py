"""Every operation of the engine, forward beside derivative, on plain arrays.

One file for each kind. The registry, ``Operation.registry``, knows them all by name.
"""

from chainrule.ops.activations import ELU, LeakyReLU, LogSoftmax, ReLU, Sigmoid, Softmax, Tanh
from chainrule.ops.arithmetic import Add, Div, Maximum, Minimum, Mod, Mul, Neg, Pow, Sub, Where, floor_divide
from chainrule.ops.dropout import Dropout
from chainrule.ops.elementwise import Abs, Cast, Clip, Clone, Cos, Exp, Log, NoGradient, Sin, Sqrt, Step, sign
from chainrule.ops.linear import Linear, MatMul
from chainrule.ops.losses import BCE, L1, MSE, NLL, BCEWithLogits, CrossEntropy
from chainrule.ops.normalization import BatchNorm
from chainrule.ops.operation import Array, Operation
from chainrule.ops.reductions import CumSum, Extremum, LogSumExp, Mean, Norm, Prod, Std, Sum, Var
from chainrule.ops.shapes import PLACE, Cat, Expand, Gather, Index, Permute, Reshape, SetIndex, SetView, Stack

__all__ = [
    "BCE",
    "ELU",
    "L1",
    "MSE",
    "NLL",
    "PLACE",
    "Abs",
    "Add",
    "Array",
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
    "Exp",
    "Expand",
    "Extremum",
    "Gather",
    "Index",
    "LeakyReLU",
    "Linear",
    "Log",
    "LogSoftmax",
    "LogSumExp",
    "MatMul",
    "Maximum",
    "Mean",
    "Minimum",
    "Mod",
    "Mul",
    "Neg",
    "NoGradient",
    "Norm",
    "Operation",
    "Permute",
    "Pow",
    "Prod",
    "ReLU",
    "Reshape",
    "SetIndex",
    "SetView",
    "Sigmoid",
    "Sin",
    "Softmax",
    "Sqrt",
    "Stack",
    "Std",
    "Step",
    "Sub",
    "Sum",
    "Tanh",
    "Var",
    "Where",
    "floor_divide",
    "sign",
]
