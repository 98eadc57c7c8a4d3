import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn
from chainrule.drawings import drawing
from chainrule.drawings.history import history

needs_graphviz = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")


def edges(source):
    return re.findall(r'^  "(\w+)" -> "(\w+)"', source, re.MULTILINE)


def nodes(source):
    """Return the words of every node by its key, without the marks of its label."""
    found = re.findall(r'^  "(\w+)" \[label=(?:<(.*?)>|"([^"]*)")(?:, \w+="|\];)', source, re.MULTILINE)
    return {key: re.sub(r"<[^>]*>|&nbsp;", " ", rows or text).split() for key, rows, text in found}


def linear_step():
    model = nn.Linear(2, 1)
    with cr.no_grad():
        model.weight.copy_(cr.tensor([[0.5, -0.25]]))
        model.bias.fill_(0.125)
    x = cr.tensor([[2.0, 4.0]])
    return model, x, (model(x) * 3).sum()


def test_a_graph_shows_operations_shapes_values_and_gradients():
    model, x, loss = linear_step()
    source = cr.draw(loss, model=model, names={"x": x}).source
    assert sorted(nodes(source).values()) == sorted([
        ["x", "1", "×", "2", "value", "2", "4"],
        ["weight", "1", "×", "2", "value", "0.5", "−0.25", "gradient", "6", "12"],
        ["bias", "1", "value", "0.125", "gradient", "3"],
        ["Linear", "1", "×", "1", "value", "0.125", "gradient", "3"],
        ["3"],
        ["Mul", "1", "×", "1", "value", "0.375", "gradient", "1"],
        ["Sum", "value", "0.375", "gradient", "1"],
    ])  # fmt: skip
    assert len(edges(source)) == 6


def test_drawing_changes_no_gradient_and_backward_works_afterwards():
    model, _, loss = linear_step()
    cr.draw(loss)
    assert model.weight.grad is None
    loss.backward()
    np.testing.assert_array_equal(model.weight.grad, [[6, 12]])


def test_after_backward_a_sentence_says_when_to_draw():
    *_, loss = linear_step()
    loss.backward()
    with pytest.raises(ValueError, match=r"draw before backward\(\), which needs no gradients for it, or call"):
        cr.draw(loss)


def test_a_grad_that_holds_something_else_is_shown_beside_the_gradient():
    model, _, loss = linear_step()
    loss.backward(retain_graph=True)
    assert "grad holds" not in cr.draw(loss).source
    loss.backward(retain_graph=True)
    texts = nodes(cr.draw(loss, model=model).source).values()
    assert ["bias", "1", "value", "0.125", "gradient", "3", "grad", "holds", "6"] in texts


def test_a_retained_gradient_of_an_intermediate_tensor_is_shown():
    x = cr.tensor([1.0, 2.0], requires_grad=True)
    h = x * 2
    h.retain_grad()
    y = h * h
    y.backward(cr.tensor([10.0, 100.0]), retain_graph=True)
    node = nodes(cr.draw(y, names={"h": h}).source)
    assert ["Mul", "h,", "2", "value", "2", "4", "grad", "holds", "40", "800"] in node.values()
    assert not any("gradient" in text[3:] for text in node.values())  # of several numbers there is none


def test_many_numbers_are_summarised():
    x = cr.full((3, 400), 0.5, requires_grad=True)
    assert ["Neg", "3", "×", "400", "value", "mean", "−0.5,", "norm", "17.3205", "gradient", "mean", "1,", "norm",
            "34.6410"] in nodes(cr.draw((-x).sum()).source).values()  # fmt: skip


def test_what_was_used_twice_is_one_node_with_two_edges():
    w = cr.tensor([3.0], requires_grad=True)
    h = w * w
    source = cr.draw((h + h * w).sum(), names={"w": w, "h": h}).source
    key = {" ".join(text[:2]): name for name, text in nodes(source).items()}
    assert edges(source).count((key["w 1"], key["Mul h,"])) == 2
    assert len([end for start, end in edges(source) if start == key["w 1"]]) == 3
    assert len([end for start, end in edges(source) if start == key["Mul h,"]]) == 2


def test_constants_have_their_names_and_values_where_the_graph_holds_them():
    w, images, added = cr.ones(4, 1, requires_grad=True), cr.ones(3, 2, 2), cr.ones(3, 1)
    y = images.reshape(3, 4) @ w + added
    texts = list(nodes(cr.draw(y, names={"images": images}).source).values())
    assert ["images", "3", "×", "4", "value", *12 * ["1"]] in texts  # a view of what is named
    assert ["constant", "not", "kept"] in texts  # no derivative needs it, so nobody kept it


def caption(source):
    return re.search(r'graph \[.*?label="([^"]*)"', source)


def test_names_that_the_graph_does_not_hold_are_listed_with_the_reason():
    model, x, y = nn.Linear(2, 1), cr.ones(3, 2), cr.zeros(3, 1)
    loss = nn.functional.mse_loss(model(x), y)
    words = caption(cr.draw(loss, model=model, names={"x": x, "y": y}).source)[1]
    assert words.replace(r"\n", " ") == (
        "not found in the graph: y (it keeps no input that no derivative reads; that of a function does)"
    )
    assert all(len(line) <= 72 for line in words.split(r"\n"))
    assert caption(cr.draw(loss, model=model, names={"x": x}).source) is None


def test_the_graph_of_a_function_has_all_constants():
    model, x, y = nn.Linear(2, 1), cr.tensor([[0.5, -1.5]]), cr.tensor([[0.25]])
    model.requires_grad_(False)
    w = cr.ones(1, 1, requires_grad=True)

    def loss():
        return nn.functional.mse_loss(w * model(x) + w + y * 3, y)

    source = cr.draw(loss, names={"x": x, "y": y, "w": w}).source
    texts = list(nodes(source).values())
    assert ["y", "1", "×", "1", "value", "0.25"] in texts
    assert ["0.75"] in texts  # computed of constants
    assert not any("kept" in text for text in texts)
    assert caption(cr.draw(loss, names={"y": y, "x": x}).source)[1] == "not found in the graph: x"


def test_a_function_to_draw_is_run_once_and_leaves_no_trace():
    model, x = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Dropout()), cr.rand(3, 2)
    calls, before = [], [cr.get_rng_state().copy(), *(b.array.copy() for b in model.buffers())]

    def output():
        calls.append(len(calls))
        return model(x).sum()

    cr.draw(output, model=model)
    after = [cr.get_rng_state(), *(b.array for b in model.buffers())]
    assert calls == [0]
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    assert all(p.grad is None for p in model.parameters())


def test_a_constant_that_changes_between_its_uses_is_drawn_twice():
    w, x = cr.ones(1, requires_grad=True), cr.tensor([2.0])

    def twice():
        first = w * x
        x.add_(3)
        return (first + w * x).sum()

    texts = [text for text in nodes(cr.draw(twice, names={"x": x}).source).values() if text[0] == "x"]
    assert sorted(texts) == [["x", "1", "value", "2"], ["x", "1", "value", "5"]]


def test_running_statistics_are_drawn_where_they_are_used():
    model, x = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)), cr.rand(3, 2)
    source = cr.draw(model(x).sum(), model=model).source
    assert "running" not in source
    assert caption(source) is None
    model.eval()
    for what in (model(x).sum(), lambda: model(x).sum()):
        source = cr.draw(what, model=model).source
        key = {text[0]: name for name, text in nodes(source).items()}
        for name in ("1.running_mean", "1.running_var", "1.weight", "1.bias"):
            assert edges(source).count((key[name], key["BatchNorm"])) == 1


def test_a_model_that_is_not_behind_the_tensor_is_refused():
    _, _, loss = linear_step()
    with pytest.raises(ValueError, match="none of the parameters of this Linear is in the graph"):
        cr.draw(loss, model=nn.Linear(2, 1))
    with pytest.raises(TypeError, match=r"model expected an nn.Module that was made.*got the class Linear"):
        cr.draw(loss, model=nn.Linear)


def test_a_graph_through_a_changed_tensor_is_drawn_without_gradients():
    _, x, loss = linear_step()
    x.mul_(2)
    source = cr.draw(loss).source
    assert "without gradients: a tensor of shape (1, 2)" in source
    assert not any("gradient" in text[3:] for text in nodes(source).values())


def test_losses_inside_a_graph_have_their_values():
    x, y = cr.tensor([1.0, 3.0], requires_grad=True), cr.tensor([0.5, 0.5])
    loss = 2 * nn.functional.mse_loss(x, y) + nn.functional.binary_cross_entropy_with_logits(x, y)
    values = {type(n.source).__name__: n.value for n in history(loss)[0] if n.kind == "operation"}
    assert values["MSE"] == nn.functional.mse_loss(x, y).item()
    assert values["BCEWithLogits"] == nn.functional.binary_cross_entropy_with_logits(x, y).item()


def test_names_are_escaped():
    x = cr.tensor([1.0], requires_grad=True)
    picture = cr.draw(x.exp(), names={'<b> & "x"\\': x})
    assert "&lt;b&gt; &amp; &quot;x&quot;\\" in picture.source
    if shutil.which("dot"):
        assert '&lt;b&gt; &amp; "x"\\' in picture.svg().replace("&quot;", '"').replace("&#160;", " ")


@pytest.mark.parametrize(
    ("arguments", "options", "error", "words"),
    [
        ((cr.ones(2),), {}, ValueError, "expected a tensor with a history"),
        (
            (np.ones(2),),
            {},
            TypeError,
            "draw expected a tensor, a function that returns one, or an nn.Module, got",
        ),
        ((lambda: 1.0,), {}, TypeError, "got float"),
        ((nn.Linear,), {}, TypeError, "got the class Linear"),
        ((lambda: cr.ones(2),), {}, ValueError, "expected a tensor with a history"),
        ((cr.ones(1, requires_grad=True) + 1, [1.0]), {}, ValueError, "x is for a network"),
        ((nn.Linear(1, 1),), {"names": {}}, ValueError, "model and names are for the graph of a tensor"),
        ((nn.ReLU(),), {}, ValueError, "no linear layer: give an x"),
        (
            (nn.Sequential(nn.Unflatten(1, (1, 3)), nn.Linear(2, 1)),),
            {},
            ValueError,
            "give an example, as in draw",
        ),
    ],
)
def test_arguments_that_do_not_fit_are_refused(arguments, options, error, words):
    with pytest.raises(error, match=words):
        cr.draw(*arguments, **options)


def test_a_captured_step_can_not_be_drawn():
    model = nn.Linear(1, 1)

    def step(x):
        y = model(x).sum()
        cr.draw(y)
        return y

    with pytest.raises(cr.CaptureError, match="draws a graph"):
        cr.capture(step)(cr.ones(1, 1))


# ---- files and notebooks ---------------------------------------------------------------------------------------


@needs_graphviz
def test_pictures_are_written_in_the_format_of_the_suffix(tmp_path):
    picture = cr.draw(nn.Linear(2, 3))
    for name, start in {"a.svg": b"<?xml", "a.PNG": b"\x89PNG", "sub/a.pdf": b"%PDF", "a.dot": b"digraph"}.items():
        assert picture.save(tmp_path / name).read_bytes().startswith(start)
    with pytest.raises(ValueError, match=r"path expected to end in \.svg, \.png, \.pdf or \.dot, got 'a\.jpg'"):
        picture.save(tmp_path / "a.jpg")
    ElementTree.fromstring(picture.svg())


@needs_graphviz
def test_a_source_that_is_wrong_leaves_no_file(tmp_path):
    with pytest.raises(RuntimeError, match="dot could not draw this"):
        drawing.Drawing("digraph {", "nothing").save(tmp_path / "a.svg")
    assert not list(tmp_path.iterdir())


@needs_graphviz
def test_a_notebook_shows_the_picture():
    bundle = cr.draw(nn.Linear(2, 1))._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<?xml")
    assert bundle["text/plain"] == "<Drawing of Linear 2-1, 3 parameters: save() it, or look at it in a notebook>"


def test_without_graphviz_the_source_is_there_and_a_sentence_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    picture = cr.draw(nn.Linear(2, 1))
    assert picture.save(tmp_path / "a.dot").read_text(encoding="utf-8") == picture.source
    with pytest.raises(RuntimeError, match="Graphviz, whose program `dot` was not found: install it"):
        picture.save(tmp_path / "a.svg")
    bundle = picture._repr_mimebundle_()
    assert "apt install graphviz" in bundle["text/plain"]
    assert picture.source in bundle["text/plain"]
    assert [file.name for file in tmp_path.iterdir()] == ["a.dot"]


def test_the_source_needs_nothing_but_numpy():
    code = "import sys, chainrule as cr; cr.draw(cr.nn.Linear(2, 1)).source; print(sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    extras = ("graphviz", "matplotlib", "click", "rich", "jinja2", "safetensors")
    assert not [name for name in extras if f"'{name}'" in done.stdout]


def test_what_is_named_must_be_a_tensor():
    x = cr.tensor([1.0], requires_grad=True)
    with pytest.raises(TypeError, match="draw expected tensors in names, got list for 'x'"):
        cr.draw((x * 2).sum(), names={"x": [1.0]})
