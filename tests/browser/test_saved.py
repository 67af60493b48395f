"""A notebook that was saved and is opened again, with its kernel gone: pictures and sentences say what to do, and no error is seen."""

import html

import pytest
from lab import Seen, ask, wait_for
from playwright.sync_api import expect

import skiplab

KINDS = [getattr(skiplab, name) for name in skiplab.__all__ if name.endswith("Explorer")]
KERNEL = "jupyterapp.shell.currentWidget.sessionContext.session.kernel"
SESSION = "jupyterapp.shell.currentWidget.sessionContext"
TEXT = "() => document.querySelector('.jp-Notebook').innerText"


@pytest.fixture(scope="module")
def saved(lab):
    """The name of a saved notebook with every explorer, and what each said."""
    name = lab.notebook("saved.ipynb", "from skiplab import *", *[f"{kind.__name__}()" for kind in KINDS])
    page = lab.open(name)
    lab.run_all(page)
    kept, live = page.locator(".skiplab-kept"), page.locator(".jp-OutputArea-output .skiplab-explorer")
    expect(live).to_have_count(len(KINDS))
    expect(kept).to_have_count(len(KINDS))
    assert not any(one.is_visible() for one in kept.all())  # a living explorer stands for itself
    page.evaluate("jupyterapp.commands.execute('docmanager:save')")
    assert page.errors == []
    yield page, name
    page.context.close()


def keeps_the_pictures(page):
    """Every explorer's picture and its sentence, and the words that say what to do."""
    kept = page.locator(".skiplab-kept")
    expect(kept).to_have_count(len(KINDS))
    for one in kept.all():
        one.scroll_into_view_if_needed()
        expect(one).to_be_visible()
        said = one.locator("p").inner_text()
        assert "Run this cell" in said
        assert html.unescape(one.locator("img").get_attribute("alt")) in said
        assert one.locator("img").evaluate("(image) => image.complete && image.naturalWidth > 100")
    text = page.evaluate(TEXT)
    assert "Error displaying" not in text
    assert "Loading widget" not in text


def test_after_a_restart_and_a_reload_the_pictures_are_there(saved):
    page, _ = saved
    page.evaluate(f"() => {KERNEL}.restart()")
    page.reload()
    wait_for(lambda: page.evaluate("() => !!window.jupyterapp?.shell?.currentWidget?.sessionContext?.isReady"), 90)
    keeps_the_pictures(page)


def test_opened_again_the_pictures_are_there_and_a_cell_that_runs_is_alive(saved, lab):
    page, name = saved
    page.evaluate(f"{SESSION}.shutdown()")
    again = lab.open(name)
    keeps_the_pictures(again)
    lab.run_cell(again, 0)
    lab.run_cell(again, 1)
    live = again.locator(".jp-OutputArea-output .skiplab-explorer")
    expect(live).to_have_count(1)
    expect(again.locator(".skiplab-kept").first).to_be_hidden()
    wait_for(lambda: live.locator(".skiplab-sentence").text_content())
    again.context.close()


def test_twenty_runs_of_a_cell_leave_nothing_in_the_page(opened):
    made = opened("again.ipynb", "from skiplab import SkipExplorer", "e = SkipExplorer()\ne")
    cdp = made.page.context.new_cdp_session(made.page)
    cdp.send("Performance.enable")
    seen = Seen(made.page, made.explorers.first, "e", skiplab.SkipExplorer)

    def size():
        cdp.send("HeapProfiler.collectGarbage")
        found = {each["name"]: each["value"] for each in cdp.send("Performance.getMetrics")["metrics"]}
        return found["JSHeapUsedSize"] / 1e6, found["Nodes"]

    def again(times):
        for _ in range(times):
            made.lab.run_cell(made.page, 1)
            seen.agrees()
        return size()

    before, nodes = again(10)
    after, more = again(20)
    assert after - before <= 2
    assert more - nodes < 200  # an explorer has a hundred
    assert ask(made.page, "len(__import__('ipywidgets').Widget.widgets)") == 2

