"""What tests of several rooms share."""

import shutil

import pytest
from tests.stress.disks import KINDS


@pytest.fixture(params=KINDS)
def disk(request, tmp_path, monkeypatch):
    """A disk with a folder, which can be full."""
    with request.param(tmp_path, monkeypatch) as disk:
        yield disk


@pytest.fixture(scope="module")
def browser():
    """Chromium without a window, through its driver."""
    webdriver = pytest.importorskip("selenium.webdriver")
    program = shutil.which("chromedriver")
    if program is None:
        pytest.skip("chromedriver is not installed")
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    driver = webdriver.Chrome(options, webdriver.ChromeService(program))
    yield driver
    driver.quit()
