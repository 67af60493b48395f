"""Every notebook of the course in a real JupyterLab, run from its first cell to its last."""

import io
import shutil

import numpy as np
import pytest
from lab import ROOT, ask, wait_for
from looks import crowded, listen, overflows, put_on
from PIL import Image
from playwright.sync_api import expect

FOLDER = ROOT / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
CLEAR = "() => jupyterapp.commands.execute('notebook:clear-all-cell-outputs')"
ERRORS = """() => jupyterapp.shell.currentWidget.content.widgets.flatMap((cell) => (cell.model.sharedModel.outputs ?? [])
  .filter((out) => out.output_type === "error" || out.name === "stderr").map((out) => out.traceback?.join("\\n") ?? out.text))"""
PRINTED = """() => jupyterapp.shell.currentWidget.content.widgets.flatMap((cell) => (cell.model.sharedModel.outputs ?? [])
  .filter((out) => out.name === "stdout").map((out) => [out.text].flat().join(""))).join("")"""
VIEWS = """() => jupyterapp.shell.currentWidget.content.widgets.flatMap((cell) => cell.model.sharedModel.outputs ?? [])
  .filter((out, i, all) => out.data?.["application/vnd.jupyter.widget-view+json"]
    && /data-for[^]*<img/.test(all[i - 1]?.data?.["text/html"]))
  .map((out) => out.data["application/vnd.jupyter.widget-view+json"].model_id)"""
SAID = """(lambda e: __import__('skiplab.scene.template', fromlist=['fill']).fill(
  e.sentence, type(e).frame(**e.values) | {{'tripped': 1}}))(__import__('ipywidgets').widgets.widget._instances[{!r}])"""
# tripped: the page itself finds that the doctor's kernel answers
COLOURS = "(c) => new Set(new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer)).size"


def test_there_are_notebooks():
    assert NOTEBOOKS or not any(FOLDER.iterdir())


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def run(lab, request):
    """The page of one notebook, alone in its folder, after all its cells were run."""
    folder = lab.folder / request.param.stem
    folder.mkdir()
    shutil.copy(request.param, folder)
    page = lab.open(f"{folder.name}/{request.param.name}")
    listen(page)
    page.evaluate(CLEAR)
    lab.run_all(page, 400)
    views = page.evaluate(VIEWS)
    text = request.param.read_text(encoding="utf-8")
    page.figures = text.count("draw.show(") + text.count("over={")  # a curve that was predicted is revealed by a figure
    page.explorers = page.locator(".jp-OutputArea-output .skiplab-explorer")
    wait_for(lambda: page.explorers.count() >= len(views))
    yield page
    page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    page.context.close()


def test_no_cell_fails_or_warns_and_every_claim_holds(run):
    assert run.evaluate(ERRORS) == []
    printed = run.evaluate(PRINTED)
    assert "✓ holds" in printed
    assert "✗" not in printed


def test_every_explorer_draws_and_says_what_the_kernel_says(run):
    views = run.evaluate(VIEWS)
    said = run.locator(".jp-OutputArea-output .skiplab-explorer .skiplab-sentence")
    for canvas in run.locator(".jp-OutputArea-output .skiplab-picture").all():
        wait_for(lambda canvas=canvas: canvas.evaluate(COLOURS) > 8, 20)
    assert run.locator(".skiplab-error:visible").count() == 0
    for i, model in enumerate(views):
        from_kernel = ask(run, SAID.format(model))
        assert from_kernel
        expect(said.nth(i)).to_have_text(from_kernel, timeout=10_000)


@pytest.mark.parametrize("width", [1280, 1920])
def test_nothing_overflows_and_no_text_lies_on_another(run, width):
    run.set_viewport_size({"width": width, "height": 900})
    canvases = run.locator(".jp-OutputArea-output .skiplab-picture").all()
    for canvas in canvases:
        canvas.scroll_into_view_if_needed()  # the browser tells nothing of new sizes to what is out of sight
        wait_for(lambda canvas=canvas: canvas.evaluate("(c) => c.width === c.clientWidth"), 10)
    assert overflows(run) == []
    assert [crowded(canvas) for canvas in canvases] == [[] for _ in canvases]


def brightness(figure):
    with Image.open(io.BytesIO(figure.screenshot())) as picture:
        return float(np.asarray(picture.convert("L")).mean())


@pytest.mark.parametrize(("theme", "paper"), [("Dark", (10, 60)), ("Light", (200, 256))])
def test_figures_have_the_paper_of_the_theme(run, theme, paper):
    put_on(run, theme)
    figures = run.locator(".jp-OutputArea-output .skiplab-figure").all()
    assert len(figures) == run.figures
    for figure in figures:
        assert paper[0] < brightness(figure) < paper[1]


def test_the_console_stayed_quiet(run):
    assert run.errors == []
