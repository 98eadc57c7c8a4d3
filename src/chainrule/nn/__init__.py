"""Layers, losses and networks, with PyTorch's names."""

from typing import TYPE_CHECKING

from chainrule.later import later

if TYPE_CHECKING:
    from chainrule.nn import functional as functional
    from chainrule.nn import init as init
    from chainrule.nn import utils as utils
    from chainrule.nn.activation import *
    from chainrule.nn.batchnorm import *
    from chainrule.nn.containers import *
    from chainrule.nn.distance import *
    from chainrule.nn.dropout import *
    from chainrule.nn.embedding import *
    from chainrule.nn.flatten import *
    from chainrule.nn.linear import *
    from chainrule.nn.linear_cross_entropy import *
    from chainrule.nn.loss import *
    from chainrule.nn.margin_loss import *
    from chainrule.nn.module import *
    from chainrule.nn.normalization import *
    from chainrule.nn.parameter import *
    from chainrule.nn.parameter_containers import *
    from chainrule.nn.regression_loss import *

__getattr__, __dir__ = later(
    __name__,
    {
        "activation": (
            "CELU ELU GELU GLU Hardshrink Hardsigmoid Hardswish Hardtanh LeakyReLU LogSigmoid LogSoftmax Mish "
            "PReLU RReLU ReLU ReLU6 SELU SiLU Sigmoid Softmax Softmax2d Softmin Softplus Softshrink Softsign Tanh "
            "Tanhshrink Threshold"
        ),
        "batchnorm": "BatchNorm1d",
        "containers": "ModuleDict ModuleList Sequential",
        "distance": "CosineSimilarity PairwiseDistance",
        "dropout": "AlphaDropout Dropout",
        "embedding": "Embedding",
        "flatten": "Flatten Unflatten",
        "linear": "Bilinear Identity Linear",
        "linear_cross_entropy": "LinearCrossEntropyLoss",
        "loss": "BCELoss BCEWithLogitsLoss CrossEntropyLoss NLLLoss",
        "margin_loss": (
            "CosineEmbeddingLoss HingeEmbeddingLoss MarginRankingLoss MultiLabelMarginLoss "
            "MultiLabelSoftMarginLoss MultiMarginLoss SoftMarginLoss TripletMarginLoss "
            "TripletMarginWithDistanceLoss"
        ),
        "module": "Module",
        "normalization": "GroupNorm LayerNorm RMSNorm",
        "parameter": "Buffer Parameter",
        "parameter_containers": "ParameterDict ParameterList",
        "regression_loss": "GaussianNLLLoss HuberLoss KLDivLoss L1Loss MSELoss PoissonNLLLoss SmoothL1Loss",
        "functional": "",
        "init": "",
        "utils": "",
    },
)
