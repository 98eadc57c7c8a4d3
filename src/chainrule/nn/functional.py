"""The layers as functions, under PyTorch's names. The modules call these.

Inputs may be tensors, arrays, PyTorch's tensors or nested lists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainrule.later import later

if TYPE_CHECKING:
    from chainrule.nn.activation_functions import *
    from chainrule.nn.distance_functions import *
    from chainrule.nn.dropout_functions import *
    from chainrule.nn.embedding_functions import *
    from chainrule.nn.linear_cross_entropy import *
    from chainrule.nn.linear_functions import *
    from chainrule.nn.loss_functions import *
    from chainrule.nn.margin_functions import *
    from chainrule.nn.normalization_functions import *
    from chainrule.nn.regression_functions import *

__getattr__, __dir__ = later(
    __name__,
    {
        "activation_functions": (
            "celu celu_ elu elu_ gelu glu hardshrink hardsigmoid hardswish hardtanh hardtanh_ leaky_relu "
            "leaky_relu_ log_softmax logsigmoid mish prelu relu relu6 relu_ rrelu rrelu_ selu selu_ sigmoid silu "
            "softmax softmin softplus softshrink softsign tanh tanhshrink threshold threshold_"
        ),
        "distance_functions": "cosine_similarity normalize pairwise_distance",
        "dropout_functions": "alpha_dropout dropout",
        "embedding_functions": "embedding one_hot",
        "linear_cross_entropy": "linear_cross_entropy",
        "linear_functions": "bilinear linear",
        "loss_functions": "binary_cross_entropy binary_cross_entropy_with_logits cross_entropy nll_loss",
        "margin_functions": (
            "cosine_embedding_loss hinge_embedding_loss margin_ranking_loss multi_margin_loss "
            "multilabel_margin_loss multilabel_soft_margin_loss soft_margin_loss triplet_margin_loss "
            "triplet_margin_with_distance_loss"
        ),
        "normalization_functions": "batch_norm group_norm layer_norm rms_norm",
        "regression_functions": (
            "gaussian_nll_loss huber_loss kl_div l1_loss mse_loss poisson_nll_loss smooth_l1_loss"
        ),
    },
    package="chainrule.nn",
)
