"""The page holds what was recorded, in one file, and works in a browser."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from click.testing import CliRunner

import chainrule as cr
from chainrule import nn, optim
from chainrule.commands import main
from chainrule.data import DataLoader, TensorDataset
from chainrule.inspection import read_recording, read_recordings, write_report
from chainrule.inspection.figures import draw_distributions, draw_flow
from chainrule.inspection.frames import MOST_FRAMES, frames
from chainrule.train import Callback, Recorder, Trainer, accuracy

VOID = {"meta", "img", "br", "input", "link", "hr"}


def report(*arguments):
    return CliRunner().invoke(main, ["report", *map(str, arguments)])


@pytest.fixture(scope="module")
def run(trainings, tmp_path_factory):
    """The folder of a run with a recording, and its page."""
    folder = tmp_path_factory.mktemp("run")
    trainings.train(folder / "recording.jsonl", **{**trainings.TRAININGS["healthy"], "epochs": 3})
    result = report(folder)
    assert result.exit_code == 0, result.output
    return folder, (folder / "training.html").read_text(encoding="utf-8"), result.output


class Page(HTMLParser):
    """Takes down tags, attributes and whether all that is opened is closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags = [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def test_the_page_needs_nothing_but_itself(run):
    page = Page(run[1])
    sources = [a.get("src", a.get("href", "")) for _, a in page.tags if "src" in a or "href" in a]
    sources += [a["xlink:href"] for _, a in page.tags if "xlink:href" in a]
    assert sources
    assert all(source.startswith(("data:", "#")) for source in sources)
    assert not page.all("link")
    assert "@import" not in run[1]
    assert not re.search(r"url\((?!#)", run[1])
    assert len(run[1].encode()) < 3e6


def test_everything_has_a_name_for_those_who_do_not_see_it(run):
    page = Page(run[1])
    assert all(image["alt"] for image in page.all("img"))
    assert all(a.get("aria-label") for _, a in page.tags if a.get("role") == "img")
    [slider] = page.all("input")
    assert slider["id"] in [label["for"] for label in page.all("label")]
    ids = [a["id"] for _, a in page.tags if "id" in a]
    assert len(ids) == len(set(ids))
    referred = re.findall(r'(?:url\(#|href="#)([^")]+)', run[1])
    assert set(referred) <= set(ids)
    assert page.all("html")[0]["lang"] == "en"


def test_the_page_says_what_the_terminal_says(run):
    _, page, output = run
    assert "Nothing is wrong, as far as these checks see" in output
    assert "Nothing is wrong, as far as these checks see" in page
    assert output.rstrip().endswith("training.html.")


def test_every_epoch_has_a_frame_with_its_own_numbers(run):
    [recording] = read_recordings(run[0])
    shown = frames(recording)
    assert [frame["epoch"] for frame in shown] == [1, 2, 3]
    for frame, epoch in zip(shown, recording.epochs, strict=True):
        counts = [[cell["count"] for cell in row["cells"]] for row in frame["confusion"]["rows"]]
        assert counts == epoch["confusion"]
        assert frame["confusion"]["right"] == round(500 * epoch["validation_accuracy"])
        assert len(frame["mistakes"]) == 10
        assert [row["name"] for row in frame["parameters"]] == ["1.weight", "3.weight"]
        assert [row["name"] for row in frame["layers"]] == ["1 (Linear)", "2 (ReLU)", "3 (Linear)"]
    assert shown[0]["confusion"]["classes"][9] == "Ankle boot"
    images = {frame["weights"]["changes"] for frame in shown}
    assert len(images) == 3
    assert Page(run[1]).all("input")[0]["max"] == "2"


def test_histograms_have_the_same_axis_in_all_epochs(run):
    [recording] = read_recordings(run[0])
    shown = frames(recording)
    for i in range(3):
        ends = {
            (frame["parameters"][0]["cells"][i]["low"], frame["parameters"][0]["cells"][i]["high"])
            for frame in shown
        }
        assert len(ends) == 1
    paths = {frame["parameters"][0]["cells"][0]["path"] for frame in shown}
    assert len(paths) == 3
    xs = [float(x) for path in paths for x in re.findall(r"H(-?[\d.]+)", path)]
    assert min(xs) >= -0.1
    assert 99.9 <= max(xs) <= 100.1


def test_of_many_epochs_some_are_shown_the_first_and_the_last_among_them(run):
    [recording] = read_recordings(run[0])
    recording.epochs.extend(recording.epochs[-1:] * 100)
    shown = frames(recording)
    assert len(shown) == MOST_FRAMES


def test_several_trainings_of_a_run_are_on_one_page(run, trainings, tmp_path):
    text = (run[0] / "recording.jsonl").read_bytes()
    for name in ("1-layer", "2-layers"):
        (tmp_path / f"recording-{name}.jsonl").write_bytes(text)
    options = {"lab": "framework", "options": {"epochs": 3, "lr": 0.05}, "facts": {}}
    (tmp_path / "options.json").write_text(json.dumps(options))
    out = tmp_path / "pages" / "page.html"
    assert write_report(tmp_path, out) == out
    page = Page(out.read_text(encoding="utf-8"))
    assert len(page.all("input")) == 2
    assert [a["href"] for a in page.all("a")] == ["#t1", "#t2"]
    assert "The training of the lab framework" in out.read_text(encoding="utf-8")


def test_a_cut_line_at_the_end_does_not_count(run, tmp_path):
    text = (run[0] / "recording.jsonl").read_bytes()
    (tmp_path / "recording.jsonl").write_bytes(text + b'{"kind": "st')
    assert read_recordings(tmp_path)[0].steps == read_recordings(run[0])[0].steps


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: p / "missing", "is not there: name the folder of a run"),
        (lambda p: p, "has no recording .* pass chainrule.train.Recorder"),
        (lambda p: _file(p / "recording.jsonl", ""), "is no recording of chainrule.train.Recorder"),
        (lambda p: _file(p / "x.txt", "a text\n"), "is no recording of chainrule.train.Recorder"),
        (lambda p: _file(p / "x.jsonl", '{"kind": "step"}\n'), "is no recording of"),
        (lambda p: _file(p / "x.jsonl", '{"kind": "training", "version": 0}\n'), "format 0, and format 1 is read"),
        (lambda p: _file(p / "x.jsonl", '{"kind": "training", "version": 1}\n'), "a recording without steps"),
    ],
)
def test_what_can_not_be_shown_is_refused_in_a_sentence(tmp_path, make, message):
    result = report(make(tmp_path))
    assert result.exit_code == 1
    assert re.search(message, result.output), result.output
    assert result.output.count("\n") == 1


def test_a_recording_that_was_cut_says_where_it_ends(run, tmp_path):
    lines = (run[0] / "recording.jsonl").read_bytes().splitlines(keepends=True)
    kinds = [json.loads(line)["kind"] for line in lines]
    second = [i for i, kind in enumerate(kinds) if kind == "epoch"][1]
    for n, said in (
        (second, "ends in epoch 2 of 3, at step 126"),
        (second + 1, "ends after epoch 2 of 3, at step 126"),
        (second + 2, r"ends in epoch 3 of 3, at step 1\d\d"),
    ):
        (tmp_path / "recording.jsonl").write_bytes(b"".join(lines[:n]) + b'{"kind": "st')
        result = report(tmp_path)
        assert re.search(said, result.output), result.output
        assert re.search(said, (tmp_path / "training.html").read_text(encoding="utf-8"))
    assert "ends" not in run[2]
    (tmp_path / "recording.jsonl").write_bytes(
        b"".join([*lines[: second + 1], b'{"kind": "stop", "step": 126}\n'])
    )
    assert "ends" not in report(tmp_path).output


def test_a_damaged_line_is_named(run, tmp_path):
    lines = (run[0] / "recording.jsonl").read_bytes().splitlines(keepends=True)
    for text, number in ((b"".join([*lines[:6], b"garbage\n", *lines[6:]]), 7), (lines[0][:-30], 1)):
        (tmp_path / "recording.jsonl").write_bytes(text)
        assert f"line {number} of {tmp_path / 'recording.jsonl'} is damaged" in report(tmp_path).output


def test_folders_and_other_endings_are_refused_in_a_sentence(run, tmp_path):
    with pytest.raises(IsADirectoryError, match="is a folder: name a file in it, or pass it to read_recordings"):
        read_recording(run[0])
    result = report(run[0], "--out", tmp_path / "t.pdf")
    assert result.exit_code == 1
    assert "t.pdf does not end in .html or .htm" in result.output
    assert not (tmp_path / "t.pdf").exists()


def test_a_single_step_is_seen_in_every_chart(run):
    [recording] = read_recordings(run[0])
    one = replace(recording, steps=recording.steps[:1])
    for chart in [*draw_flow(one), *draw_distributions(one)["Weights"]]:
        assert re.search(r'clip-path="[^"]*">\s*<use', chart.svg)  # a point
        assert "0.98" not in chart.svg


def test_zeros_are_left_out_of_logarithmic_axes_and_named(run):
    [recording] = read_recordings(run[0])

    def silent(step, names):
        zero = {name: {**step["parameters"][name], "ratio": 0.0} for name in names}
        return {**step, "parameters": {**step["parameters"], **zero}}

    def updates(names, n):
        steps = [silent(step, names) if i < n else step for i, step in enumerate(recording.steps)]
        return draw_flow(replace(recording, steps=steps))[1].svg

    assert "1 (zero throughout)" in updates(["1.weight"], len(recording.steps))
    assert "1 (zero where it is missing)" in updates(["1.weight"], 3)
    alone = updates(["1.weight", "3.weight"], len(recording.steps) - 1)
    assert re.search(r'clip-path="[^"]*">\s*<use', alone)  # a point
    assert "0.98" not in alone
    assert "zero in every step looked at" in updates(["1.weight", "3.weight"], len(recording.steps))


def _file(path, text):
    path.write_text(text)
    return path


def test_a_training_that_failed_at_once_has_a_page(trainings, tmp_path):
    ill = {**trainings.TRAININGS["exploding"], "hidden": [64] * 4, "scale": 20.0}
    trainings.train(tmp_path / "recording.jsonl", **ill)
    result = report(tmp_path)
    assert result.exit_code == 0, result.output
    assert "Something is wrong: exploding gradients" in result.output
    Page((tmp_path / "training.html").read_text(encoding="utf-8"))


def test_a_regression_has_a_page(tmp_path):
    model = nn.Sequential(nn.Linear(2, 3), nn.Sigmoid(), nn.Linear(3, 1))
    X = np.random.default_rng(0).standard_normal((30, 2)).astype(np.float32)
    batches = [(X, X[:, :1])]
    recorder = Recorder(tmp_path / "recording.jsonl", every=1)
    Trainer(model, nn.MSELoss(), optim.SGD(model.parameters(), lr=0.1), callbacks=[recorder]).fit(
        batches, 4, batches
    )
    page = Page(write_report(tmp_path).read_text(encoding="utf-8"))
    assert len(page.all("input")) == 1
    assert page.all("img") == []


def test_a_training_without_a_first_step_is_refused_with_the_reason(tmp_path):
    lines = ({"kind": "training", "version": 1}, {"kind": "end", "step": 1})
    (tmp_path / "recording.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    result = report(tmp_path)
    assert result.exit_code == 1
    assert "the loss of the first was infinite or not a number" in result.output


def _train(folder, model, loss_fn, batches, epochs=2, **options):
    recorder = Recorder(folder / "recording.jsonl", every=1)
    optimizer = optim.SGD(model.parameters(), lr=0.01)
    Trainer(model, loss_fn, optimizer, callbacks=[recorder], **options).fit(batches, epochs, batches)
    return write_report(folder).read_text(encoding="utf-8")


def test_names_of_all_kinds_are_shown_as_they_are(tmp_path):
    class Data(TensorDataset):
        classes = ("<script>alert(1)</script>", "$\\frac$", '"&')

    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self._first = nn.Linear(2, 4)
            self.parts = nn.ModuleDict({"<b>": nn.ReLU(), "$\\frac$": nn.Linear(4, 3)})

        def forward(self, x):
            x = self._first(x)
            for part in self.parts.values():
                x = part(x)
            return x

    loader = DataLoader(Data(np.ones((6, 2), np.float32), np.array([0, 1, 2] * 2)), 3)
    page = _train(tmp_path, Odd(), nn.CrossEntropyLoss(), loader, metrics={"$\\frac$": accuracy})
    Page(page)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    assert "<b>" not in page.replace("<b>&lt;script", "").replace("<b>$", "").replace("<b>&#34;", "")
    assert page.count("> _first</text>") == 2  # in the legends of both figures of gradient flow
    assert "$\\frac$" in page


def test_a_dataset_with_names_for_other_classes_has_a_page_with_numbers(tmp_path):
    class Data(TensorDataset):
        classes = ("cat", "dog")

    loader = DataLoader(Data(np.ones((6, 2), np.float32), np.array([0, 1, 2] * 2)), 3)
    assert "cat" not in _train(tmp_path, nn.Linear(2, 3), nn.CrossEntropyLoss(), loader)


def test_a_network_whose_layers_come_and_go_has_a_page(tmp_path):
    class Changing(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.out, self.calls = nn.Sigmoid(), nn.ReLU(), nn.Linear(2, 3), 0

        def forward(self, x):
            self.calls += 1
            return self.out(self.b(x) if self.calls % 2 else self.a(x))

    batches = [(np.ones((3, 2), np.float32), np.array([0, 1, 2]))] * 3
    page = _train(tmp_path, Changing(), nn.CrossEntropyLoss(), batches)
    assert "a (Sigmoid)" in page
    assert "b (ReLU)" in page


def test_classes_that_are_ruled_out_have_an_infinite_loss(tmp_path):
    class Masked(nn.Linear):
        def forward(self, x):
            z = super().forward(x)
            return z if self.training else z + cr.tensor([0.0, -np.inf])

    batches = [(np.ones((2, 2), np.float32), np.array([0, 1]))]
    assert "loss ∞" in _train(tmp_path, Masked(2, 2), nn.CrossEntropyLoss(), batches)


def test_weights_that_are_no_numbers_do_not_hide_the_others(tmp_path):
    class Spoil(Callback):
        def on_step_end(self, trainer, loss):
            if len(trainer.history.steps) == 2:
                with cr.no_grad():
                    trainer.model.weight.fill_(float("nan"))

    model, recorder = nn.Linear(64, 2), Recorder(tmp_path / "recording.jsonl", every=1)
    batches = [(np.ones((2, 64), np.float32), np.ones((2, 2), np.float32))]
    optimizer = optim.SGD(model.parameters(), lr=0.01)
    Trainer(model, nn.MSELoss(), optimizer, callbacks=[recorder, Spoil()]).fit(batches, 2)
    first, last = frames(read_recordings(tmp_path)[0])
    assert first["weights"]["values"] != last["weights"]["values"]
    assert len(first["weights"]["values"]) > 2 * len(last["weights"]["values"])


# ---- in a browser -----------------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_opens_at_once_fits_the_screen_and_follows_the_slider(run, browser, width):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get((run[0] / "training.html").as_uri())
    timing = "return performance.timing.loadEventEnd - performance.timing.navigationStart"
    assert 0 < browser.execute_script(timing) < 1000
    assert browser.execute_script("const e = document.documentElement; return e.scrollWidth - e.clientWidth") == 0
    slider = browser.find_element(By.CSS_SELECTOR, "input[type=range]")

    def seen():
        [frame] = [f for f in browser.find_elements(By.CSS_SELECTOR, ".frame") if f.is_displayed()]
        table = frame.find_element(By.CSS_SELECTOR, ".confusion")
        path = frame.find_element(By.CSS_SELECTOR, ".histograms path").get_attribute("d")
        images = [i.get_attribute("src") for i in frame.find_elements(By.TAG_NAME, "img")]
        return browser.find_element(By.TAG_NAME, "output").text, table.text, path, *images

    last = seen()
    assert last[0].startswith("Epoch 3:")
    slider.send_keys(Keys.ARROW_LEFT)
    before = seen()
    assert before[0].startswith("Epoch 2:")
    assert all(a != b for a, b in zip(last[:3], before[:3], strict=True))
    assert last[-1] != before[-1]
    slider.send_keys(Keys.HOME)
    assert seen()[0].startswith("Epoch 1:")
    assert slider.get_attribute("aria-valuetext") == "1"
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


@pytest.mark.browser
def test_the_page_is_dark_where_that_is_preferred(run, browser):
    def lightness(scheme):
        preference = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", preference)
        browser.get((run[0] / "training.html").as_uri())
        colors = "const s = getComputedStyle(document.body); return [s.backgroundColor, s.color]"
        return [sum(map(int, re.findall(r"\d+", color)[:3])) / 765 for color in browser.execute_script(colors)]

    background, text = lightness("light")
    assert background > 0.9 > 0.2 > text
    background, text = lightness("dark")
    assert background < 0.2 < 0.8 < text


@pytest.mark.browser
def test_printed_it_keeps_its_shades_and_shows_what_is_folded(run, browser):
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    browser.get((run[0] / "training.html").as_uri())
    cell = "return getComputedStyle(document.querySelector('.confusion td')).printColorAdjust"
    assert browser.execute_script(cell) == "exact"
    found = browser.execute_script(
        "return [...document.querySelectorAll('details:not([open]) svg')].map("
        "e => e.checkVisibility({ contentVisibilityAuto: true }) && e.getBoundingClientRect().height > 0)"
    )
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert found
    assert all(found)
