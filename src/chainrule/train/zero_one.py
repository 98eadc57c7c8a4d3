"""The 0-1 loss: what a classifier is judged by, and can't be trained with."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.ops import Array
from chainrule.train.metrics import Ratio


def predicted_classes(pred: Any) -> Array:
    """Return the class that a network decides for.

    Parameters
    ----------
    pred : array_like, shape (batch, classes) or (batch, 1)
        A score for each class, of which the greatest wins; or one for class 1 against class 0, which wins above 0,
        where the logistic function of it is above one half.

    Returns
    -------
    ndarray of int, shape (batch,)

    Examples
    --------
    >>> predicted_classes([[0.2, 0.7, 0.1]]), predicted_classes([[-0.3], [1.2]])
    (array([1]), array([0, 1]))
    """
    scores = np.asarray(pred)
    if scores.shape[1] == 1:
        decided: Array = (scores[:, 0] > 0).astype(np.int64)
    else:
        decided = scores.argmax(1)
    return decided


def zero_one_loss(pred: Any, y: Any) -> Ratio:
    """Count the wrong answers: each costs 1, whatever the confidence, so that there is no slope to go down.

    Parameters
    ----------
    pred : array_like, shape (batch, classes) or (batch, 1)
        As in :func:`predicted_classes`.
    y : array_like, shape (batch,) or (batch, 1)
        The classes.

    Returns
    -------
    Ratio
        The number of errors, and that of samples; the quotient is 1 − accuracy.

    Raises
    ------
    ValueError
        If the shapes are others.

    Examples
    --------
    >>> zero_one_loss([[2.5], [-0.1], [0.3]], [[1.0], [1.0], [1.0]])
    Ratio(part=1, whole=3)
    """
    scores, classes = np.asarray(pred), np.asarray(y)
    if scores.ndim != 2 or classes.shape not in ((len(scores),), (len(scores), 1)):
        raise ValueError(
            "zero_one_loss expected pred of shape (batch, classes) and y of shape (batch,) or (batch, 1), got "
            f"{scores.shape} and {classes.shape}"
        )
    wrong = predicted_classes(scores) != classes.reshape(-1)
    return Ratio(int(np.count_nonzero(wrong)), len(classes))
