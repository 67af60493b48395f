"""The same canvas without ipywidgets and without a kernel: a plain object that has the traits is all that it needs."""

import base64

import pytest

from skiplab import ResidualExplorer, SkipExplorer
from skiplab.explore.canvas import put_together, style
from skiplab.explore.dials import Choice
from skiplab.lesson.predict import Prediction

# A model as anywidget asks for it: get, set, on, off, save_changes.
SHOW = """async ([esm, css, traits, block]) => {
  const heard = {}, el = document.createElement("div");
  const model = {
    get: (name) => traits[name],
    set: (name, value) => {
      if (traits[name] === value) return;
      traits[name] = value;
      for (const heed of heard[`change:${name}`] ?? []) heed();
    },
    on: (event, heed) => { (heard[event] ??= []).push(heed); },
    off: (event, heed) => { heard[event] = (heard[event] ?? []).filter((each) => each !== heed); },
    save_changes: () => {},
  };
  if (block) traits._block = new DataView(Uint8Array.from(atob(block), (c) => c.charCodeAt(0)).buffer);
  document.head.append(Object.assign(document.createElement("style"), { textContent: css }));
  document.body.replaceChildren(el);
  const { default: widget } = await import(URL.createObjectURL(new Blob([esm], { type: "text/javascript" })));
  widget.render({ model, el });
}"""


@pytest.fixture
def page(browser):
    page = browser.new_page()
    page.errors = []
    page.on("pageerror", lambda problem: page.errors.append(str(problem)))
    yield page
    page.close()


def show(page, explorer, formula="explore/formula.js", entry="explore/canvas.js"):
    """The explorer in the page, from its traits alone."""
    traits = {name: value for name, value in explorer.get_state().items() if not isinstance(value, bytes) and name != "layout"}
    block = base64.b64encode(getattr(explorer, "_block", b"")).decode()
    page.evaluate(SHOW, [put_together(entry, formula), style(), traits, block])
    return page.locator(".skiplab-explorer")


def test_a_closed_explorer_lives_on_a_plain_page(page):
    shown = show(page, SkipExplorer(), "explorers/skip.js")
    page.wait_for_function("document.querySelector('.skiplab-sentence').textContent.startsWith('add: y = 1.00 x')")
    shown.get_by_role("radio", name="gate").check()
    shown.get_by_role("slider", name="Gate z").press("ArrowRight")
    page.wait_for_function("document.querySelector('.skiplab-sentence').textContent.startsWith('gate: y = 0.65 x + 0.35 F(x)')")
    assert shown.get_by_role("slider", name="λ on x").is_disabled()
    shown.locator(".skiplab-button", has_text="Copy").click()
    assert shown.locator(".skiplab-said").text_content() == "SkipExplorer(merge='gate', z=0.35)"
    shown.locator(".skiplab-tips button").first.click()
    page.wait_for_function("document.querySelector('.skiplab-sentence').textContent.startsWith('add: y = 1.00 x + 0.00 F(x)')")
    assert page.errors == []


def test_a_button_says_that_there_is_no_kernel(page):
    shown = show(page, ResidualExplorer())
    page.wait_for_function("document.querySelector('.skiplab-sentence').textContent.startsWith('8 layers, no skip')")
    button = shown.get_by_role("button", name="Train this one now")
    assert button.is_disabled()
    assert shown.locator(".skiplab-doing").text_content() == "It needs a Python kernel: open the notebook in JupyterLab."
    shown.get_by_role("slider", name="Layers").press("End")
    page.wait_for_function("document.querySelector('.skiplab-sentence').textContent.startsWith('56 layers')")
    assert page.errors == []


def test_a_prediction_is_taken_and_shown_on_a_plain_page(page):
    asked = Prediction("t-p1", "What is left?", Choice("draft", "Your prediction", {"all": "all", "nothing": "nothing"}), "")
    asked._measured = "Answer: nothing."  # which the page has from the start, and holds back
    shown = show(page, asked, entry="lesson/predict.js")
    assert "nothing." not in shown.inner_text()
    shown.get_by_role("radio", name="all").check()
    shown.get_by_role("button", name="Predict").click()
    assert shown.get_by_role("status").text_content() == "You predict: all. Answer: nothing."
    assert page.errors == []


def test_a_plain_page_has_a_stage_too(page):
    shown = show(page, SkipExplorer(), "explorers/skip.js")
    stage = shown.get_by_role("button", name="Stage")
    stage.click()
    page.keyboard.press("2")
    page.wait_for_function("document.querySelector('.skiplab-staged .skiplab-headline').textContent === 'add: y = 0.00 x + 1.00 F(x)'")
    page.keyboard.press("Escape")
    page.wait_for_selector(".skiplab-staged", state="detached")
    assert stage.evaluate("(button) => button === document.activeElement")
    assert page.errors == []
