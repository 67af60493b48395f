"""The button of an explorer in a real browser: it works while the picture grows, it stops, and what it found belongs to its dials."""

import pytest
from lab import ask, wait_for
from playwright.sync_api import expect

CELL = '''import time
import numpy as np
from skiplab.explore.button import Button
from skiplab.explore.dials import Slider
from skiplab.explore.table import Table, along
from skiplab.explore.table_explorer import TableExplorer

class Toy(TableExplorer):
    dials = (Slider("depth", "depth", 3, 2, 4, 1), Slider("zoom", "zoom", 1, 1, 3, 1))
    sentence = ["depth {depth:d}, counted {live:d}, zoom {zoom:d}"]
    button = Button("Count now", free=("zoom",), extras={"live": 0, "live_x": [], "live_y": []})
    scene = {"height": 300, "panels": [
        {"box": [0, 0, 0.5, 1], "axes": False, "title": "cells and arcs", "x": {"range": [0, 4]}, "y": {"range": [0, 4]}, "marks": [
            {"kind": "cells", "z": "@z", "columns": 4, "x": [0, 4], "y": [0, 2], "range": [0, 8], "colors": ["soft", "add"], "gap": 3},
            {"kind": "arcs", "start": [0.5, 0.5, 1], "end": [1.5, 3.5, 2], "y": 2.2, "lift": [0.4, 1.4, 0.2], "widths": [2, 6, 0],
             "color": "concat"}]},
        {"box": [0.5, 0, 1, 1], "title": "live", "x": {"range": [0, 100], "label": "step"}, "y": {"range": [0, 1], "label": "y"},
         "marks": [{"kind": "line", "x": "@live_x", "y": "@live_y", "color": "add", "when": "@live"}]}]}

    @classmethod
    def table(cls):
        return Table(cls.dials, along({"z": [[0, 1, 2, 3, 4, np.nan, 6, 7]] * 3}, depth=(2, 3, 4)))

    def act(self, values, tell, stopped):
        for step in range(1, 101):
            time.sleep(0.05)
            tell(f"step {step} of 100", live=step, live_x=np.arange(step), live_y=np.arange(step) / 100)
            if stopped():
                return
'''  # fmt: skip


@pytest.fixture(scope="module")
def toy(opened):
    """The toy explorer, alone on its page."""
    made = opened("acting.ipynb", CELL, "toy = Toy()\ntoy")
    wait_for(lambda: made.explorers.count() == 1)
    return made.page, made.explorers.first


def test_the_button_works_stops_and_its_numbers_belong_to_its_dials(toy):
    page, explorer = toy
    button, said = explorer.locator(".skiplab-tools button").first, explorer.locator(".skiplab-doing")
    sentence = explorer.locator(".skiplab-sentence")
    wait_for(lambda: sentence.text_content() == "depth 3, counted 0, zoom 1")
    button.focus()
    page.keyboard.press("Enter")
    wait_for(lambda: "step 1" in (said.text_content() or ""))
    wait_for(lambda: "counted 1" in sentence.text_content() or "counted 2" in sentence.text_content())
    expect(button).to_have_text("Stop")
    button.click()
    expect(button).to_have_text("Count now")
    at = int(said.text_content().split()[1])
    assert at < 100
    expect(sentence).to_have_text(f"depth 3, counted {at}, zoom 1")
    handle = explorer.get_by_role("slider").first
    handle.focus()
    page.keyboard.press("ArrowRight")
    wait_for(lambda: sentence.text_content() == "depth 4, counted 0, zoom 1")
    expect(said).to_have_text("Done for depth 3")  # nothing was counted for these dials
    page.keyboard.press("ArrowLeft")
    wait_for(lambda: sentence.text_content() == f"depth 3, counted {at}, zoom 1")
    expect(said).to_have_text(f"step {at} of 100")
    explorer.get_by_role("slider").nth(1).focus()
    page.keyboard.press("ArrowRight")
    wait_for(lambda: sentence.text_content() == f"depth 3, counted {at}, zoom 2")  # a free dial takes nothing away
    expect(said).to_have_text(f"step {at} of 100")


def test_an_error_is_seen_where_it_arose_alone(toy):
    page, explorer = toy
    button, alert = explorer.locator(".skiplab-tools button").first, explorer.locator(".skiplab-error")
    ask(page, "toy.set(depth=2, zoom=1) and None")
    ask(page, "setattr(toy, 'act', lambda values, tell, stopped: 1 / 0)")
    button.click()
    expect(alert).to_be_visible()
    expect(alert).to_have_text("division by zero")
    explorer.get_by_role("slider").nth(1).focus()
    page.keyboard.press("ArrowRight")
    expect(explorer.locator(".skiplab-sentence")).to_contain_text("zoom 2")
    expect(alert).to_be_visible()
    explorer.get_by_role("slider").first.focus()
    page.keyboard.press("ArrowRight")
    expect(alert).to_be_hidden()
    page.keyboard.press("ArrowLeft")
    expect(alert).to_be_visible()
    ask(page, "delattr(toy, 'act')")


KERNEL = "jupyterapp.shell.currentWidget.sessionContext.session.kernel"
ENDS = {"restarted": f"{KERNEL}.restart()", "killed": f"void {KERNEL}.requestExecute({{ code: 'import os; os.kill(os.getpid(), 9)' }})"}


@pytest.mark.parametrize("how", ENDS)
def test_after_a_restart_of_the_kernel_the_button_is_free_and_says_what_to_do(opened, how):
    made = opened(f"{how}.ipynb", CELL, "toy = Toy()\ntoy")
    explorer = made.explorers.first
    button, said = explorer.locator(".skiplab-tools button").first, explorer.locator(".skiplab-doing")
    wait_for(lambda: explorer.locator(".skiplab-sentence").text_content() == "depth 3, counted 0, zoom 1")
    button.click()
    wait_for(lambda: "step 1" in (said.text_content() or ""))
    made.page.evaluate(f"() => {ENDS[how]}")
    expect(said).to_have_text("The kernel was restarted: run the cell again.")
    expect(button).to_have_text("Count now")
    expect(button).to_be_disabled()
    if how == "killed":  # of which JupyterLab tells too
        made.page.locator(".jp-Dialog button").click()
    made.lab.run_all(made.page)
    wait_for(lambda: made.explorers.count() == 1 and button.is_enabled() and said.text_content() == "")
