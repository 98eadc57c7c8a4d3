"""What is shown, and where nothing is."""

import os
import pty
import re
import subprocess
import sys

import numpy as np
import pytest

from chainrule import nn, optim
from chainrule.train import Trainer, accuracy

PROGRAM = """
import time, numpy as np
from chainrule import nn, optim
from chainrule.train import Trainer, accuracy
model = nn.Linear(2, 2)
X, y = np.ones((64, 2), np.float32), np.ones(64, np.int64)
class Loader:
    def __len__(self):
        return 20
    def __iter__(self):
        for _ in range(20):
            time.sleep(0.03)
            yield X, y
trainer = Trainer(model, nn.CrossEntropyLoss(), optim.SGD(model.parameters()), metrics={"accuracy": accuracy})
trainer.fit(Loader(), 2, [(X, y)])
print("done")
"""


def train(progress, callbacks=()):
    model = nn.Linear(2, 2)
    X, y = np.ones((4, 2), np.float32), np.ones(4, np.int64)
    trainer = Trainer(
        model,
        nn.CrossEntropyLoss(),
        optim.SGD(model.parameters()),
        metrics={"accuracy": accuracy},
        progress=progress,
        callbacks=callbacks,
    )
    return trainer.fit([(X, y)] * 3, 2, [(X, y)])


@pytest.mark.parametrize("progress", [None, False])
def test_nothing_is_shown_where_no_terminal_is(capfd, progress):
    train(progress)
    assert capfd.readouterr() == ("", "")


def test_forced_progress_gives_a_line_for_each_epoch_where_no_terminal_is(capfd):
    pytest.importorskip("rich")
    train(True)
    out, err = capfd.readouterr()
    lines = err.strip().splitlines()
    assert out == ""
    assert len(lines) == 2
    assert re.fullmatch(
        r"epoch 2/2  train loss \d\.\d{4}  validation loss \d\.\d{4}, accuracy \d\.\d{4}  \d\.\d s", lines[1]
    )


def test_a_terminal_shows_a_bar_of_its_width_and_keeps_a_line_for_each_epoch():
    pytest.importorskip("rich")
    shown = in_terminal(PROGRAM)
    frames = [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", f) for f in re.split(r"[\r\n]+", shown)]
    assert max(map(len, frames)) == 80
    bar = re.compile(r"epoch 1/2 ━+[╸╺]?━* loss \d\.\d{4} [\d,]+ samples/s 0:0\d left")
    assert any(bar.fullmatch(f) for f in frames)
    assert [f[:9] for f in frames if f.startswith("epoch") and "train loss" in f] == ["epoch 1/2", "epoch 2/2"]
    assert frames[-2:] == ["done", ""]


def in_terminal(program):
    """Run a program in a pseudo terminal of 80 columns, and return all that it wrote."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": "80", "TERM": "xterm-256color"}
    process = subprocess.Popen([sys.executable, "-c", program], stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    chunks = []
    while True:
        try:
            chunk = os.read(ours, 65536)
        except OSError:  # how Linux says that the other end was closed
            break
        if not chunk:
            break
        chunks.append(chunk)
    os.close(ours)
    assert process.wait() == 0
    return b"".join(chunks).decode()


def test_without_rich_training_is_silent_and_forced_progress_names_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "rich.console", None)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert len(train(None).epochs) == 2
    with pytest.raises(ImportError, match=r'pip install "chainrule\[lab\]"'):
        train(True)
