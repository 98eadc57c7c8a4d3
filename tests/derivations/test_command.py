import json

import pytest
from click.testing import CliRunner

import chainrule as cr
from chainrule import nn
from chainrule.derivations.command import command
from chainrule.derivations.examples import EXAMPLES
from chainrule.derivations.network import explain_file
from chainrule.interop import save_safetensors

XOR = {
    "sizes": [2, 2, 1], "weights": [[[1, 1], [1, 1]], [[1, -2]]], "biases": [[0, -1], None],
    "activations": ["relu", None], "x": [[0, 0], [0, 1], [1, 0], [1, 1]], "y": [[0], [1], [1], [0]],
    "loss": "mse", "lr": 0.1,
}  # fmt: skip


def run(*arguments):
    return CliRunner().invoke(command, [*map(str, arguments)])


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_are_printed(name):
    result = run(name)
    assert result.exit_code == 0
    assert result.output == str(EXAMPLES[name](4))


def test_text_is_as_wide_as_the_terminal(monkeypatch):
    for columns, width in ((60, 60), (10, 40), (500, 100)):
        monkeypatch.setenv("COLUMNS", str(columns))
        assert run("2-2-1").output == EXAMPLES["2-2-1"](4).text(width)


def test_the_format_is_the_one_asked_for():
    assert EXAMPLES["2-2-1"](5).latex() in run("2-2-1", "--format", "latex", "--digits", 5).output
    assert run("2-2-1", "--format", "markdown").output.startswith("# Sequential 2-2-1")


def test_a_file_is_written_in_the_format_of_its_ending(tmp_path):
    out = tmp_path / "by hand.html"
    assert run("2-3-1", "--out", out).output == f"Written to {out}.\n"
    assert out.read_text(encoding="utf-8") == EXAMPLES["2-3-1"](4).html()


def test_an_ending_without_a_format_is_refused_and_no_file_written(tmp_path):
    result = run("2-3-1", "--out", tmp_path / "a.pdf")
    assert result.exit_code == 2
    assert "expected to end in .txt, .md, .tex, .html, got 'a.pdf'" in " ".join(result.output.split())
    assert not (tmp_path / "a.pdf").exists()
    assert run("2-3-1", "--out", tmp_path / "a.log", "--format", "text").exit_code == 0
    assert (tmp_path / "a.log").read_text(encoding="utf-8") == str(EXAMPLES["2-3-1"](4))


def test_a_network_in_a_file_is_explained(tmp_path):
    file = tmp_path / "xor.json"
    file.write_text(json.dumps(XOR), encoding="utf-8")
    result = run(file)
    assert result.exit_code == 0
    assert "Sequential 2-2-1" in result.output
    assert "L = (ℓ + ℓ[2] + ℓ[3] + ℓ[4])/4 = (0 + 0 + 0 + 0)/4 = 0/4 = 0" in result.output


def wide(tmp_path, name, save):
    """Write a network that is too large to be shown in full, its weights in a file of their own."""
    cr.manual_seed(2)
    model = nn.Sequential(*(nn.Linear(20, 20) for _ in range(11)), nn.Linear(20, 3, bias=False))
    save(model, tmp_path / name)
    given = {"weights": name, "activations": ["tanh"] * 12, "x": [[0.1] * 20, [0.2] * 20], "y": [2, 0]}
    file = tmp_path / "network.json"
    file.write_text(json.dumps(given | {"loss": "cross_entropy"}), encoding="utf-8")
    return file, model


@pytest.mark.parametrize(
    ("name", "save"),
    [("m.npz", lambda model, path: cr.save(model.state_dict(), path)), ("m.safetensors", save_safetensors)],
)
def test_weights_are_read_from_a_file_and_a_unit_is_looked_at(tmp_path, name, save):
    file, model = wide(tmp_path, name, save)
    result = run(file, "--neuron", "linear12:1", "--sample", 1)
    assert result.exit_code == 0
    W = model[11].weight.double()
    a = cr.tensor([0.2] * 20, dtype=cr.float64)
    for linear in list(model)[:11]:
        a = (linear.weight.double() @ a + linear.bias.double()).tanh()
    assert f"{(W @ a)[1].item():.4f}".replace("-", "−") in result.output
    assert "linear12, unit 1" in result.output
    assert "linear2, unit 1, weight 0" in run(file, "--weight", "linear2:1:0").output


def test_a_large_network_is_refused_with_the_option_that_names_a_unit(tmp_path):
    file, _ = wide(tmp_path, "m.npz", lambda model, path: cr.save(model.state_dict(), path))
    output = run(file).output
    assert "name a layer and one of its units, as in --neuron linear1:0; there are" in output
    assert "neuron=" not in output


def test_a_file_of_weights_that_is_missing_or_holds_none_is_refused(tmp_path):
    file, _ = wide(tmp_path, "m.npz", lambda model, path: cr.save({"step": cr.tensor(1)}, path))
    assert "holds no weights of linear layers" in run(file).output
    (tmp_path / "m.npz").unlink()
    assert "weights names 'm.npz': No such file" in run(file).output
    file.write_text(json.dumps({"weights": "m.npz", "biases": [[1]], "x": [1]}), encoding="utf-8")
    assert "biases are in the file that weights names" in run(file).output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("2-2-1", "--sample", 0), "--sample is for a network in a file"),
        (("any.json", "--neuron", "linear1"), "expected LAYER:UNIT, as in linear1:0, got 'linear1'"),
        (("any.json", "--weight", "linear1:2"), "expected LAYER:UNIT:INPUT, as in linear1:0:0, got 'linear1:2'"),
    ],
)
def test_options_that_do_not_fit_are_refused(arguments, words):
    result = run(*arguments)
    assert result.exit_code == 2
    assert words in " ".join(result.output.split())


@pytest.mark.parametrize("loss", ["half", "mse", "l1", "bce", "bce_with_logits"])
def test_files_name_their_loss(loss):
    given = {**XOR, "activations": ["tanh", "sigmoid"], "loss": loss}
    assert explain_file(json.dumps(given))["L"] > 0


def test_a_file_may_give_a_single_number_as_target():
    one = {"weights": [[[1, 2]]], "x": [1, 2], "y": 1, "loss": "mse"}
    assert str(explain_file(json.dumps(one))) == str(explain_file(json.dumps(one | {"y": [1]})))


def test_files_give_classes_as_numbers():
    given = {"weights": [[[1, 2], [3, 4]]], "x": [1, 2], "y": 1, "loss": "cross_entropy"}
    assert explain_file(json.dumps(given))["L"] == pytest.approx(0.0024757, abs=1e-6)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sizes": [2, 3, 1]}, "sizes says [2, 3, 1], but the weights are those of [2, 2, 1]"),
        ({"weights": [[[1, 1], [1]], [[1, -2]]]}, "weights[0] expected numbers, in rows of one length"),
        ({"weights": [[1, 1], [[1, -2]]]}, "weights[0] expected a matrix, a list of rows, got shape (2,)"),
        ({"weights": [[[1, 1], [1, 1]], [[1, 2, 3]]]}, "weights[1] expected rows of 2 numbers, got 3"),
        ({"biases": [[0, -1]]}, "biases expected one for each of 2 layers, got 1"),
        ({"biases": [[0], None]}, "biases[0] expected 2 numbers, one for each unit, got [0]"),
        ({"activations": ["relu", "gelu"]}, "activations expected one of sigmoid, tanh"),
        ({"loss": "huber"}, "loss expected one of half, mse"),
        ({"weights": [[[1, float("nan")], [1, 1]], [[1, -2]]]}, "weights[0] must be finite, got nan"),
        ({"lr": -1}, "lr must not be negative"),
        ({"lr": "a"}, "lr expected a number, got 'a'"),
        ({"lr": [1, [2]]}, "lr expected a number, got [1, [2]]"),
        ({"lr": 10**400}, "lr expected a number, got 1000"),
        ({"lr": float("inf")}, "lr must be finite, got inf"),
        ({"x": [1, 2, 3]}, "nn.Linear expected 2 features"),
        ({"x": "one"}, "x expected numbers"),
        ({"dropout": 0.5}, "unknown key 'dropout': there are weights, biases"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_with_a_sentence(tmp_path, change, words):
    file = tmp_path / "network.json"
    file.write_text(json.dumps(XOR | change), encoding="utf-8")
    result = run(file)
    assert result.exit_code == 1
    assert words in result.output


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not a JSON file"),
        ("[]", 'expected a JSON object with at least "weights" and "x"'),
        ('{"weights": [[[1]]], "x": [1], "y": [1]}', '"y" and "loss" belong together'),
    ],
)
def test_what_is_no_network_is_refused(text, words):
    with pytest.raises(ValueError, match=words):
        explain_file(text)


def test_an_unknown_name_is_refused_with_those_that_there_are():
    result = run("2-9-1")
    assert result.exit_code == 1
    assert "2-9-1: No such file or directory; a JSON file was expected, or one of neuron, 2-3-1" in result.output


def test_the_help_describes_the_file():
    output = run("--help").output
    for word in ("weights", "biases", "activations", "leaky_relu", "cross_entropy", "3-2-1-backward"):
        assert word in output
