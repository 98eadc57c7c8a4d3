"""The notebooks in a real browser: sliders move curves, and buttons train. No host but this one can be reached."""

import json
import math
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from urllib.request import urlopen

import pytest

pytest.importorskip("anywidget")
pytest.importorskip("plotly")
pytest.importorskip("selenium")

from selenium import webdriver
from selenium.common.exceptions import ElementNotInteractableException, StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

pytestmark = pytest.mark.browser

SECONDS = 150  # to wait for what takes 5 where nothing else is running
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")
DESKTOP, PHONE = 1280, 390
TOKEN = "secret"

for server in ("voila", "jupyterlab"):
    if find_spec(server) is None:
        pytest.skip(f"{server} is not installed", allow_module_level=True)
if CHROMIUM is None or DRIVER is None:
    pytest.skip("chromium or chromedriver is not installed", allow_module_level=True)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The address of a server that shows the notebooks as pages."""
    with served(tmp_path_factory.mktemp("pages"), "--voila") as address:
        yield f"{address}/voila/render"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a JupyterLab with the notebooks."""
    folder = tmp_path_factory.mktemp("lab")
    quiet = folder / "settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    quiet.parent.mkdir(parents=True)
    quiet.write_text('{"fetchNews": "false", "checkForUpdates": false}')  # what would stand over the page
    own = {
        "JUPYTER_TOKEN": TOKEN,
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
    }
    with served(folder, "--allow-root", **own) as address:
        yield address


@contextmanager
def served(folder, *options, **variables):
    """Let the command serve the notebooks from a folder, and give the server's address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = [*options, "--no-browser", "--folder", str(folder / "notebooks"), "--port", str(port)]
    command = [sys.executable, "-c", "from chainrule.cli import main; main()", "notebook", *options]
    own = {name: value for name, value in os.environ.items() if name != "CHAINRULE_DATA"}
    environment = {**own, **variables, "CHAINRULE_CACHE": str(folder / "none"), "IPYTHONDIR": str(folder)}
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            wait_for(lambda: server.poll() is not None or answers(port), "the server")
            assert server.poll() is None, (folder / "log").read_text()
            yield f"http://127.0.0.1:{port}"
        finally:
            end(server)


def answers(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def end(server):
    """Let a server end its kernels and itself; after a while, end it."""
    server.send_signal(signal.SIGTERM)
    try:
        server.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


@pytest.fixture(scope="module")
def browser():
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in (
        "--headless=new",
        "--no-sandbox",  # which can't be had as root
        "--disable-dev-shm-usage",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    driver.set_page_load_timeout(SECONDS)
    yield driver
    driver.quit()


@pytest.fixture
def show(browser, pages):
    """Open a notebook as a page in a window of some width, and wait until all of its figures are drawn."""

    def show(name, figures, width=DESKTOP):
        set_screen(browser, width)
        browser.get(f"{pages}/{name}.ipynb")
        wait_for_figures(browser, figures)
        return browser

    return show


def set_screen(browser, width, height=1000):
    screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width == PHONE}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)


FITTING = """
const figures = [...document.querySelectorAll('.js-plotly-plot:has(.main-svg .xaxislayer-above)')];
return figures.filter(figure => Math.abs(figure._fullLayout.width - figure.clientWidth) <= 1).length;
"""


def wait_for_figures(browser, count):
    """Wait until so many figures are drawn, as wide as their places."""
    wait_for(lambda: errors(browser) or browser.execute_script(FITTING) >= count, f"{count} figures")
    assert not errors(browser)


def errors(browser):
    """Return what cells say that have failed."""
    said = browser.find_elements(By.CSS_SELECTOR, "[data-mime-type='application/vnd.jupyter.error']")
    return [error.text for error in said]


def wait_for(condition, what):
    """Wait until a condition holds, and return what it gave."""
    end = time.monotonic() + SECONDS
    while not (found := condition()):
        assert time.monotonic() < end, f"waited {SECONDS} s for {what}"
        time.sleep(0.1)
    return found


def handle(browser, label):
    """Return the handle of the slider with a label."""
    return browser.find_element(
        By.XPATH, f"//label[text()='{label}']/parent::*//div[contains(@class, 'noUi-handle')]"
    )


def path(browser, figure, line=0):
    """Return a line of a figure as it is drawn: the d of its path."""
    found = "return document.querySelectorAll('.js-plotly-plot')[arguments[0]].querySelectorAll('.js-line')"
    return browser.execute_script(f"{found}[arguments[1]]?.getAttribute('d') ?? ''", figure, line)


def points(browser, figure, trace=0):
    """Return the values that Plotly has drawn of a line."""
    drawn = "return document.querySelectorAll('.js-plotly-plot')[arguments[0]].calcdata[arguments[1]]"
    return browser.execute_script(f"{drawn}.map(point => point.y)", figure, trace)


def button(browser, label):
    return browser.find_element(By.XPATH, f"//button[normalize-space()='{label}']")


def test_a_slider_that_is_moved_by_keys_moves_the_curve(show):
    browser = show("activations", figures=4)
    before, relu = path(browser, 2), path(browser, 2, line=1)
    assert points(browser, 2)[0] == pytest.approx(math.expm1(-5))
    slider = handle(browser, "α of ELU")
    for _ in range(4):
        slider.send_keys(Keys.ARROW_RIGHT)
    wait_for(lambda: points(browser, 2)[0] == pytest.approx(1.2 * math.expm1(-5)), "the curve of α = 1.2")
    assert path(browser, 2) != before
    assert path(browser, 2, line=1) == relu  # α is not ReLU's


def test_in_jupyterlab_the_cells_run_and_a_slider_moves_the_curve(browser, lab):
    set_screen(browser, DESKTOP, height=3000)  # JupyterLab makes only the cells that are seen
    browser.get(f"{lab}/lab/tree/activations.ipynb?token={TOKEN}&reset")
    wait_for(lambda: idle(lab) and "Python 3" in text_of(browser, ".jp-KernelName"), "the kernel")
    for entry in ("MenuBar-itemLabel", "Run"), ("Menu-itemLabel", "Run All Cells"):
        wait_for(lambda entry=entry: chosen(browser, *entry), f"{entry[1]} in the menu")
    wait_for_figures(browser, 4)
    before, relu = path(browser, 2), path(browser, 2, line=1)
    slider = handle(browser, "α of ELU")
    for _ in range(4):
        slider.send_keys(Keys.ARROW_LEFT)
    wait_for(lambda: points(browser, 2)[0] == pytest.approx(0.8 * math.expm1(-5)), "the curve of α = 0.8")
    assert path(browser, 2) != before
    assert path(browser, 2, line=1) == relu
    [printed] = browser.find_elements(By.CSS_SELECTOR, ".jp-OutputArea-output pre")
    assert "z =  0.0   sigmoid 0.5000   slope 0.2500" in printed.text


def idle(lab):
    """Return whether a notebook has a kernel that waits for work."""
    with urlopen(f"{lab}/api/sessions?token={TOKEN}", timeout=SECONDS) as answer:
        return [session["kernel"]["execution_state"] for session in json.load(answer)] == ["idle"]


def text_of(browser, selector):
    return browser.execute_script(f"return document.querySelector({selector!r})?.innerText ?? ''")


def chosen(browser, kind, label):
    """Click on an entry of a menu if it can be seen, and return whether it could."""
    with suppress(StaleElementReferenceException, ElementNotInteractableException):  # it is being drawn
        for entry in browser.find_elements(By.CSS_SELECTOR, f".lm-{kind}"):
            if entry.text == label:
                entry.click()
                return True
    return False


def test_another_function_is_drawn_when_it_is_chosen(show):
    browser = show("activations", figures=4)
    before = path(browser, 0), path(browser, 1)
    choice = browser.find_element(By.XPATH, "//label[text()='first']/parent::*//select")
    choice.send_keys("tanh")
    wait_for(lambda: points(browser, 0)[0] == pytest.approx(math.tanh(-5)), "the curve of tanh")
    assert path(browser, 0) != before[0]
    assert path(browser, 1) != before[1]


def test_sliders_and_figures_have_names_that_can_be_heard(show):
    browser = show("activations", figures=4)
    handle(browser, "α of ELU").send_keys(Keys.ARROW_RIGHT)
    wait_for(lambda: points(browser, 2)[0] == pytest.approx(1.05 * math.expm1(-5)), "the curve of α = 1.05")
    nodes = browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    heard = {(node["role"]["value"], node["name"]["value"]) for node in nodes if "name" in node}
    assert {("slider", name) for name in ("z from", "z to", "α", "α of ELU")} <= heard
    assert ("image", "f(z) by z: ELU, α = 1.05, ReLU, Leaky ReLU, α = 0.01") in heard
    assert handle(browser, "α of ELU").get_attribute("aria-valuetext") == "1.05"


SEEN = """
const figure = document.querySelector('.js-plotly-plot');
window.seen = new Set();
new MutationObserver(() => seen.add(figure.querySelector('.js-line')?.getAttribute('d').split('L').length ?? 0))
  .observe(figure, { subtree: true, childList: true, attributes: true });
"""


def test_run_trains_and_the_curve_grows(show):
    browser = show("architecture", figures=2)
    field = browser.find_element(By.XPATH, "//label[text()='hidden layers']/parent::*//input")
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys("256", Keys.TAB)
    handle(browser, "epochs").send_keys(Keys.END)  # 10, so that there is something to see
    browser.execute_script(SEEN)
    button(browser, "Run").click()
    wait_for(lambda: browser.find_elements(By.XPATH, "//td[text()='784-256-10']"), "the end of the training")
    lengths = browser.execute_script("return [...seen]")
    assert len(lengths) > 3, "the curve was not seen growing"
    assert lengths == sorted(lengths)
    epochs = points(browser, 1, trace=1)
    assert len(epochs) == 10
    assert 50 < epochs[-1] < 100  # per cent
    cells = [cell.text for cell in browser.find_elements(By.CSS_SELECTOR, ".chainrule td")]
    assert f"{epochs[-1]:.2f}%" in cells


def test_stop_ends_a_training(show):
    browser = show("architecture", figures=2)
    handle(browser, "epochs").send_keys(Keys.END)
    button(browser, "Run").click()
    wait_for(lambda: len(points(browser, 1, trace=1)) > 1, "two epochs")
    button(browser, "Stop").click()
    wait_for(lambda: browser.find_elements(By.XPATH, "//div[contains(text(), 'stopped after epoch')]"), "the end")
    assert button(browser, "Run").is_enabled()


def test_a_bad_architecture_is_answered_by_a_sentence(show):
    browser = show("architecture", figures=2)
    field = browser.find_element(By.XPATH, "//label[text()='hidden layers']/parent::*//input")
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys("128,,x", Keys.TAB)
    button(browser, "Run").click()
    wrong = wait_for(lambda: browser.find_elements(By.CSS_SELECTOR, ".chainrule .wrong"), "a sentence")
    assert wrong[0].text.startswith("hidden layers expected whole numbers from 1 to 4096")


def test_the_slider_for_hidden_units_moves_the_boundary_on_a_telephone(show):
    browser = show("boundaries", figures=3, width=PHONE)
    border = "return document.querySelector('.contourlayer path[d]')?.getAttribute('d') ?? ''"
    said = "return document.querySelector('.chainrule').innerText"
    wait_for(lambda: "Hidden units: 4;" in browser.execute_script(said), "the first network")
    before = browser.execute_script(border)
    handle(browser, "hidden units").send_keys(Keys.HOME)
    wait_for(lambda: "Hidden units: none;" in browser.execute_script(said), "the network without hidden units")
    assert browser.execute_script(border) != before


def test_formulas_are_typeset_and_follow_the_fields(show):
    browser = show("by_hand", figures=0)
    wait_for(lambda: browser.find_elements(By.CSS_SELECTOR, ".chainrule mjx-container"), "the formulas")
    field = browser.find_element(By.XPATH, "//label[text()='x']/parent::*//input")
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys("0.7, 0.2", Keys.TAB)
    formulas = "[...document.querySelectorAll('.chainrule mjx-container')].map(formula => formula.textContent)"
    wait_for(
        lambda: "0.23" in browser.execute_script(f"return {formulas}.join()"), "0.1·0.7 + 0.3·0.2 + 0.1 = 0.23"
    )


@pytest.mark.parametrize(
    ("name", "figures"),
    [("activations", 4), ("architecture", 2), ("boundaries", 3), ("softmax", 3), ("eight", 3), ("tutorial", 4)],
)
def test_a_page_is_no_wider_than_a_telephone(show, name, figures):
    browser = show(name, figures, width=PHONE)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= PHONE
    parts = "[...document.querySelectorAll('.js-plotly-plot, .widget-inline-hbox, p')]"
    right = f"return Math.max(...{parts}.map(part => part.getBoundingClientRect().right))"
    assert browser.execute_script(right) <= PHONE + 1
