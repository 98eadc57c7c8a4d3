"""One training loop, with validation, history, callbacks, and checkpoints from which a killed run goes on.

>>> import chainrule as cr
>>> from chainrule import nn, optim
>>> from chainrule.train import Trainer
>>> _ = cr.manual_seed(0)
>>> model = nn.Linear(1, 1)
>>> trainer = Trainer(model, nn.MSELoss(), optim.SGD(model.parameters(), lr=0.1))
>>> history = trainer.fit([([[1.0]], [[2.0]])], epochs=20)
>>> history.steps[-1] < history.steps[0]
True
"""

from chainrule.train.callbacks import Callback, EarlyStopping
from chainrule.train.checkpoint import Checkpoint
from chainrule.train.diagnose import NonFiniteLossError
from chainrule.train.history import History
from chainrule.train.logs import CSVLog, JSONLines
from chainrule.train.metrics import (
    Ratio,
    accuracy,
    evaluate,
    f1,
    precision,
    predict,
    predicted_classes,
    recall,
    zero_one_loss,
)
from chainrule.train.recorded_loop import record
from chainrule.train.recorder import Recorder
from chainrule.train.trainer import Trainer

__all__ = [
    "CSVLog",
    "Callback",
    "Checkpoint",
    "EarlyStopping",
    "History",
    "JSONLines",
    "NonFiniteLossError",
    "Ratio",
    "Recorder",
    "Trainer",
    "accuracy",
    "evaluate",
    "f1",
    "precision",
    "predict",
    "predicted_classes",
    "recall",
    "record",
    "zero_one_loss",
]
