"""A long training in a real JupyterLab: the panel shows how it goes, and stopping it by either button leaves what was trained."""

import os

import pytest
from lab import ask, wait_for
from looks import put_on
from playwright.sync_api import expect

SETUP = """import os
os.environ.pop("SKIPLAB_STRICT", None)
import torch
from torch import nn
from skiplab.train import fit
x = torch.randn(64, 4)
def make():
    return nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 4))"""
TRAIN = "run = fit(make, x, x.sin(), seeds=8, steps={}, lr=1e-3, minutes=1e6)"
BEGIN = """(i) => { window.ran = false; jupyterapp.shell.currentWidget.content.activeCellIndex = i;
  jupyterapp.commands.execute("notebook:run-cell").finally(() => { window.ran = true }) }"""
OUTPUTS = """() => jupyterapp.shell.currentWidget.content.widgets[1].model.sharedModel.outputs.map((out) => out.name ?? out.output_type)"""
# The words are made anew all the time, so all is asked at once: two colours, the height, the room to the right of the words.
LOOKS = """() => {
  const panel = document.querySelector(".skiplab-progress"), right = (el) => el.getBoundingClientRect().right;
  const probe = panel.appendChild(document.createElement("i"));
  probe.style.color = "var(--jp-brand-color1)";
  const colours = [getComputedStyle(panel.querySelector("polyline")).stroke, getComputedStyle(probe).color];
  probe.remove();
  return [...colours, panel.clientHeight, right(panel) - right(panel.querySelector("span"))];
}"""
USABLE = "(run.stopped, len(run.losses), run.steps_made > 0, bool(run.outputs(x).isfinite().all()), len(run.net(7)))"


@pytest.fixture(scope="module")
def page(lab):
    page = lab.open(lab.notebook("training.ipynb", SETUP, TRAIN.format(10**6), TRAIN.format(20)), height=500)
    lab.run_cell(page, 0)
    page.kernel = ask(page, "os.getpid()")
    return page


@pytest.fixture
def panel(page):
    """The panel of a training at work."""
    page.evaluate(BEGIN, 1)
    panel = page.locator(".jp-OutputArea-output .skiplab-progress")
    expect(panel.locator("polyline")).to_be_visible(timeout=60_000)
    expect(panel).to_contain_text("left")
    yield panel
    if not page.evaluate("window.ran"):
        page.evaluate("() => jupyterapp.commands.execute('notebook:interrupt-kernel')")
        ends(page)


def ends(page):
    wait_for(lambda: page.evaluate("window.ran"), 30)


def points(panel):
    return panel.locator("polyline").get_attribute("points")


def test_the_stop_button_is_heard_while_it_trains(page, panel):
    before = points(panel)
    wait_for(lambda: points(panel) != before)
    assert not page.evaluate("window.ran")
    panel.get_by_role("button", name="Stop").click()
    ends(page)
    expect(panel).to_contain_text("stopped")
    expect(panel.get_by_role("button", name="Stop")).to_have_count(0)
    assert ask(page, USABLE) == ("cancelled", 8, True, True, 3)


def test_the_interrupt_of_jupyterlab_leaves_what_was_trained(page, panel):
    page.evaluate("() => jupyterapp.commands.execute('notebook:interrupt-kernel')")
    ends(page)
    expect(panel).to_contain_text("interrupted")
    expect(panel.get_by_role("button", name="Stop")).to_have_count(0)
    assert ask(page, f"[{USABLE} for run in [__import__('skiplab').train.last()]][0]") == ("interrupted", 8, True, True, 3)
    assert page.evaluate(OUTPUTS) == ["display_data", "error"]  # Run All ends here, as after every interrupt


@pytest.mark.parametrize("theme", ["Dark", "Light"])
def test_the_panel_is_in_the_colours_of_the_page(page, panel, theme):
    put_on(page, theme, ".skiplab-progress")
    line, brand, height, room = page.evaluate(LOOKS)
    assert line == brand
    assert height < 70
    assert room >= 0
    panel.get_by_role("button", name="Stop").click()
    ends(page)


def test_a_short_training_shows_no_panel(page, lab):
    lab.run_cell(page, 2)
    assert ask(page, "run.losses.shape") == (8, 21)
    assert page.locator(".jp-Notebook-cell").nth(2).locator(".skiplab-progress").count() == 0


def test_the_console_stayed_quiet(page):
    assert page.errors == []


def test_a_training_whose_kernel_has_gone_says_so(page, panel):
    os.kill(page.kernel, 9)
    page.locator(".jp-Dialog button").click()  # with which JupyterLab tells of it too
    expect(panel.locator(".skiplab-words > span")).to_be_hidden()
    expect(panel.get_by_role("button", name="Stop")).to_have_count(0)
    assert "The kernel has gone" in panel.locator(".skiplab-words").evaluate("(el) => getComputedStyle(el, '::after').content")
