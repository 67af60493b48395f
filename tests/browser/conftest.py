"""The browser tests share one JupyterLab, and one Chromium a file; without a Chromium they are skipped, unless one is required."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from lab import CHROMIUM, Lab, chromium
from playwright.sync_api import expect

HERE = Path(__file__).parent
expect.set_options(timeout=30_000)  # what the kernel says reaches the screen a moment later, on a busy machine much later


def pytest_collection_modifyitems(items):
    """All tests of this folder are browser tests."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def found():
    """A Chromium is there."""
    if CHROMIUM:
        return CHROMIUM
    why = "no chromium, chromium-browser, google-chrome or chrome on the PATH"
    (pytest.fail if os.environ.get("SKIPLAB_REQUIRE_BROWSER") == "1" else pytest.skip)(f"{why}: nothing was tested in a browser")


@pytest.fixture(scope="module")
def browser(found):
    """A headless Chromium with no JupyterLab, for tests of single JavaScript files."""
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="session")
def server(found, tmp_path_factory):
    """A JupyterLab that serves a folder, empty at first."""
    opened = Lab(tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("home"))
    yield opened
    opened.close()


# Chromium is closed after each file, not at the end of all tests: while Playwright runs, asyncio.run cannot be used by other tests.
@pytest.fixture(scope="module")
def lab(server):
    """JupyterLab with a headless Chromium, and no kernel and no setting of another file."""
    yield server
    server.rest()


@pytest.fixture(scope="module")
def opened(lab):
    """Write a notebook of code cells and open it; `run=False` leaves its cells alone."""

    def make(name, *cells, run=True, **options):
        page = lab.open(lab.notebook(name, *cells), **options)
        if run:
            lab.run_all(page)
        return SimpleNamespace(page=page, lab=lab, explorers=page.locator(".jp-OutputArea-output .skiplab-explorer"))

    return make
