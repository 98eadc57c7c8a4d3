"""Pages of HTML in a real browser: they fit the screen, are read by day and by night, and make no errors."""

import re

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.derivations.examples import backward_2_2_1
from chainrule.inspection import write_report
from chainrule.labs.folder import RUNS
from chainrule.labs.index import PAGE, REPORT, Entry, index_page, report_page
from chainrule.labs.report import markdown_table
from chainrule.plot import Line, Panel, draw_epochs, save_figure
from chainrule.train import Recorder, Trainer

pytestmark = pytest.mark.browser
pytest.importorskip("markdown_it")

DESKTOP, PHONE = 1280, 390
READABLE = 4.5  # contrast of text, https://www.w3.org/TR/WCAG22/#contrast-minimum
WORDS = "the document goes on with its own numbers, rounded to three digits: 0.5 · 0.542 + 0.6 · 0.574 + 0.1"

# The contrast of every text with what lies behind it, the least first. Colours are mixed as the browser does.
CONTRASTS = r"""
const rgba = (color) => {
  const [r, g, b, a = 1] = color.match(/[\d.]+/g).map(Number);
  return (color.startsWith("color(") ? [r * 255, g * 255, b * 255] : [r, g, b]).concat(a);
};
const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
const linear = (v) => v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4;
const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
const behind = (e) => {
  const own = rgba(getComputedStyle(e).backgroundColor);
  return own[3] === 1 || !e.parentElement ? own : over(own, behind(e.parentElement));
};
const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const e = walker.currentNode.parentElement, text = walker.currentNode.data.trim();
  if (!text || !e.checkVisibility() || e.closest("script, svg")) continue;
  const below = behind(e), seen = [over(rgba(getComputedStyle(e).color), below), below].map(luminance);
  found.push([(Math.max(...seen) + 0.05) / (Math.min(...seen) + 0.05), text]);
}
return found.sort((a, b) => a[0] - b[0]);
"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The folder of a run of all labs, with a page of every kind in it."""
    folder = tmp_path_factory.mktemp("pages") / RUNS.name
    lab = folder / "one"
    lab.mkdir(parents=True)
    panels = [Panel(title, "nat", [Line("chainrule", [2.0, 1.0, 0.5])]) for title in ("training", "validation")]
    save_figure(draw_epochs(panels, "Both losses fall"), lab / "loss.png")
    rows = [
        {"number": f"the loss of epoch {i}", "ours": "0.123456789", "why they differ": WORDS} for i in range(3)
    ]
    text = f"# One\n\n![Both losses fall](loss.png)\n\n`code`, [a link](x)\n\n{markdown_table(rows)}\n"
    (lab / "report.md").write_text(text, encoding="utf-8")
    (lab / REPORT).write_text(report_page(lab, "One"), encoding="utf-8")
    entries = [
        Entry("one", "The first", 1.0, rows, ["It `learns`."], "loss.png", ["report.md", "loss.png"]),
        Entry("two", "The second", 1.0, failure="the data are missing"),
    ]
    (folder / PAGE).write_text(index_page(entries, cr.__version__), encoding="utf-8")
    (folder / "explain.html").write_text(backward_2_2_1().html(), encoding="utf-8")
    train(folder)
    return folder


def train(folder):
    """Write the page of a training whose confusion matrix has all shares, in steps of 2 %."""
    said = np.repeat(np.arange(50), 50)
    place = np.tile(np.arange(50), 50)
    is_ = np.where(place < said, said, (said + 1) % 50)  # of those taken for a class, so many are of it
    model = nn.Linear(50, 50)
    with cr.no_grad():
        model.weight.copy_(cr.tensor(10 * np.eye(50, dtype=np.float32)))
    batches = [(np.eye(50, dtype=np.float32)[said], is_)]
    recorder = Recorder(folder / "recording.jsonl", every=1)
    optimizer = optim.SGD(model.parameters(), lr=1e-6)
    Trainer(model, nn.CrossEntropyLoss(), optimizer, callbacks=[recorder]).fit(batches, 1, batches)
    write_report(folder)


def show(browser, page, width, scheme="light"):
    """Open a page on a screen of a width, by day or by night."""
    size = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width == PHONE}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    preference = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", preference)
    browser.get(page.as_uri())


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", [PAGE, f"one/{REPORT}", "explain.html", "training.html"])
def test_a_page_fits_the_screen_and_its_text_can_be_read(browser, pages, name, scheme, width):
    show(browser, pages / name, width, scheme)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    contrasts = browser.execute_script(CONTRASTS)
    assert contrasts
    assert contrasts[0][0] >= READABLE, contrasts[0]
    [r, g, b] = map(
        int, re.findall(r"\d+", browser.execute_script("return getComputedStyle(document.body).color"))
    )
    assert (r + g + b > 600) == (scheme == "dark")
    assert browser.execute_script("return [...document.images].every(i => i.alt && i.naturalWidth)")
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


@pytest.mark.parametrize("name", [PAGE, f"one/{REPORT}"])
def test_on_a_phone_wide_pictures_and_tables_scroll_in_their_boxes(browser, pages, name):
    show(browser, pages / name, PHONE)
    boxes = browser.execute_script(
        "return [...document.querySelectorAll('.wide')].map(e => [e.clientWidth, e.scrollWidth])"
    )
    assert len(boxes) == 2
    assert all(seen < whole for seen, whole in boxes)
    heights = browser.execute_script("return [...document.querySelectorAll('td')].map(e => e.clientHeight)")
    assert max(heights) < 5 * 24 + 10  # lines
    before, after = browser.execute_script(
        "const box = document.querySelector('div.wide'), cell = box.querySelector('td');"
        "const left = () => cell.getBoundingClientRect().left, before = left();"
        "box.scrollLeft = 200; return [before, left()]"
    )
    assert before == after  # the first column stays in sight


def test_a_picture_of_a_report_links_its_file(browser, pages):
    from selenium.webdriver.common.by import By

    show(browser, pages / "one" / REPORT, PHONE)
    browser.find_element(By.CSS_SELECTOR, "a.wide img").click()
    assert browser.current_url == (pages / "one" / "loss.png").as_uri()
