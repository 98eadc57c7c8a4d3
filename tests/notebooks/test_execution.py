"""The notebooks run from top to bottom in a kernel, and their widgets hold what chainrule computes."""

import json

import numpy as np
import pytest

pytest.importorskip("anywidget")
pytest.importorskip("plotly")
pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

import nbclient
import nbformat
from tests.notebooks.reference import trained_by_hand

import chainrule as cr
from chainrule import nn
from chainrule.derivations.examples import EXAMPLES
from chainrule.labs.softmax.document import CLASSES
from chainrule.notebooks.lessons import LESSONS, lesson

PANELS = "panels = [value for value in Out.values() if hasattr(value, 'view')]\n"

# What is done to each notebook after it has run, and what is printed of it as JSON.
DONE = {
    "activations": """
comparison, elu = panels
comparison.first.value, elu.alpha.value = "tanh", 2.0
found = [list(figure.plot.data[0].y) for figure in (comparison.curves.function, elu.curves.derivative)]
""",
    "by_hand": """
[panel] = panels
found = [panel.derivation.numbers(), len(panel.output.outputs)]
panel.fields["x"].value = "0.1, ?"
found += [panel.note.value, len(panel.output.outputs)]
""",
    "architecture": """
[panel] = panels
panel.hidden.value, panel.activation.value, panel.lr.value = "[16]", "tanh", 0.01
panel.images.value, panel.epochs.value, panel._data = "2,000", 2, type(panel._data)(data="sample")
panel.live.run.click()
panel.live.job.wait()
figures = (panel.live.loss, panel.live.accuracy)
found = [[list(map(float, trace.y)) for trace in figure.plot.data] for figure in figures]
""",
    "boundaries": """
[panel] = panels
panel.job.wait()
panel.task.value = "moons"
panel.job.wait()
panel.units.value = 32
panel.job.wait()
found = {units: accuracies for units, accuracies in panel.results.items()}
""",
    "softmax": """
[panel] = panels
found = [list(panel.kept), [e["validation_accuracy"] for e in history.epochs], panel.note.value]
panel.step.value = 0
found += [list(panel.answer.bars.plot.data[0].x)]
""",
    "eight": """
[panel] = panels
found = [[e["train_loss"] for e in history.epochs], panel.scores.accuracy, panel.scores.recall]
panel.threshold.value = 0.1
found += [panel.scores.recall]
""",
    "tutorial": """
[panel] = panels
found = [panel.answer.picture.plot.data[0].z.tolist(), list(map(float, panel.answer.bars.plot.data[0].x))]
""",
}


@pytest.fixture(autouse=True)
def embedded_sample(monkeypatch, tmp_path):
    """Let the kernel find no data but the embedded ones."""
    monkeypatch.delenv("CHAINRULE_DATA", raising=False)
    monkeypatch.setenv("CHAINRULE_CACHE", str(tmp_path))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")


def execute(name):
    """Run a notebook and what is done to it, and return what that has found."""
    notebook = nbformat.read(lesson(name), as_version=4)
    code = PANELS + DONE[name] + "import json\nprint('FOUND' + json.dumps(found))\n"
    notebook.cells.append(nbformat.v4.new_code_cell(code))
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    printed = "".join(output.get("text", "") for output in notebook.cells[-1].outputs)
    return notebook, json.loads(printed.partition("FOUND")[2].splitlines()[0])


@pytest.fixture(params=LESSONS, scope="module")
def name(request):
    return request.param


def test_a_notebook_runs_and_its_widgets_hold_what_chainrule_computes(name):
    notebook, found = execute(name)
    assert_widgets_are_shown(notebook)
    CHECKS[name](found)


def assert_widgets_are_shown(notebook):
    types = {
        kind for cell in notebook.cells for output in cell.get("outputs", ()) for kind in output.get("data", ())
    }
    assert "application/vnd.jupyter.widget-view+json" in types
    for cell in notebook.cells:
        assert all(output["output_type"] != "error" for output in cell.get("outputs", ()))


def check_activations(found):
    z = cr.tensor(np.linspace(-5, 5, 401), requires_grad=True)
    np.testing.assert_allclose(found[0], np.tanh(np.linspace(-5, 5, 401)), rtol=1e-14)
    nn.ELU(2.0)(z).sum().backward()
    np.testing.assert_allclose(found[1], np.asarray(z.grad), rtol=1e-14)


def check_by_hand(found):
    numbers, shown, note, then_shown = found
    assert numbers == EXAMPLES["2-2-1"](4).numbers()
    assert (shown, then_shown) == (1, 1)
    assert "x expected numbers" in note


def check_architecture(found):
    history = trained_by_hand([16], "tanh", 0.0, 0.01)
    (steps, validation), (train, accuracies) = found
    np.testing.assert_allclose(steps, np.reshape(history.steps[:30], (3, 10)).mean(1), rtol=1e-6)
    np.testing.assert_allclose(validation, [e["validation_loss"] for e in history.epochs], rtol=1e-6)
    np.testing.assert_allclose(train, [100 * e["train_accuracy"] for e in history.epochs], atol=0.2)
    np.testing.assert_allclose(accuracies, [100 * e["validation_accuracy"] for e in history.epochs], atol=0.2)


def check_boundaries(found):
    assert set(found) == {"4", "32"}
    assert found["32"][1] > 0.9


def check_softmax(found):
    steps, accuracies, note, at_first = found
    assert steps[:4] == [0, 1, 2, 4]
    assert accuracies[-1] > 0.85
    assert f"{accuracies[-1]:.2%}" in note
    assert len(at_first) == CLASSES
    assert max(at_first) < 0.5  # it has learnt nothing yet


def check_eight(found):
    errors, accuracy, recall, lower = found
    assert errors[0] == pytest.approx(0.0647, abs=5e-5)  # what this procedure gives after its first epoch
    assert accuracy > 0.95
    assert lower > recall


def check_tutorial(found):
    picture, probabilities = found
    assert np.shape(picture) == (28, 28)
    assert sum(probabilities) == pytest.approx(1, abs=1e-6)


CHECKS = {
    "activations": check_activations,
    "by_hand": check_by_hand,
    "architecture": check_architecture,
    "boundaries": check_boundaries,
    "softmax": check_softmax,
    "eight": check_eight,
    "tutorial": check_tutorial,
}
