"""Looking at a training that was recorded: what went on in it, what is wrong with it, and a page that shows both.

>>> import tempfile
>>> import chainrule as cr
>>> from chainrule import nn, optim
>>> from chainrule.train import Recorder, Trainer
>>> folder = tempfile.mkdtemp()
>>> _ = cr.manual_seed(0)
>>> model = nn.Linear(2, 1)
>>> recorder = Recorder(f"{folder}/recording.jsonl", every=1)
>>> trainer = Trainer(model, nn.MSELoss(), optim.SGD(model.parameters(), lr=1e-6), callbacks=[recorder])
>>> _ = trainer.fit([([[1.0, 2.0]], [[3.0]])] * 10, epochs=2)
>>> [recording] = read_recordings(folder)
>>> [finding.name for finding in diagnose(recording) if finding.is_wrong]
['learning rate too low']
"""

from chainrule.inspection.diagnosis import Finding, diagnose
from chainrule.inspection.page import write_report
from chainrule.inspection.recording import Recording, read_recording, read_recordings

__all__ = ["Finding", "Recording", "diagnose", "read_recording", "read_recordings", "write_report"]
