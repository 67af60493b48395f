"""An explorer among other ipywidgets, and the parts that no explorer of the course uses yet: sets of pairs, slow pushes, subjects."""

import pytest
from lab import ask, drag, kept_busy, wait_for
from playwright.sync_api import expect

from skiplab import GlyphExplorer
from skiplab.explorers.glyph import NETS

SLIDER = """import ipywidgets
from skiplab import GradientExplorer, LagExplorer, ResidualExplorer
slider = ipywidgets.IntSlider(20, 1, 60, description="depth")
one, two, seen = GradientExplorer(), ResidualExplorer(), []
for explorer in (one, two):
    ipywidgets.jslink((slider, "value"), (explorer, "depth"))
one.observe(lambda change: seen.append(change["new"]), "depth")
steps = two.slider("steps")
ipywidgets.VBox([slider, steps, one, two])"""
RING = '''import time
import numpy as np
from skiplab.explore.button import Button
from skiplab.explore.dials import Pairs, Slider
from skiplab.explore.explorer import Explorer

class Ring(Explorer):
    """Links between the nodes of a ring; slow, if it is asked to be."""

    dials = (Pairs("links", "Links", 6, at=(0, "x", "y")), Slider("size", "size", 1.0, 0.5, 1.5, 0.25))
    takes = "a name"
    sentence = ["{what}: {many:d} links, size {size:.2f}, {live:d} found"]
    button = Button("Find", extras={"live": 0, "gap": []})
    scene = {"height": 300, "panels": [
        {"box": [0, 0, 1, 1], "axes": False, "equal": True, "title": "ring", "x": {"range": [-2, 2]}, "y": {"range": [-2, 2]}, "marks": [
            {"kind": "line", "x": "@line_x", "y": "@line_y", "color": "add"},
            {"kind": "points", "x": "@x", "y": "@y", "marker": "circle", "size": 20, "color": "ink"}]}]}
    seconds = 0

    @classmethod
    def frame(cls, what, links, size, stopped=None):
        for _ in range(20):
            time.sleep(cls.seconds / 20)
            if stopped and stopped():
                return None
        turn = np.arange(6) * np.pi / 3
        x, y = size * np.cos(turn), size * np.sin(turn)
        ends = [[a[i], a[j], np.nan] for a in (x, y) for i, j in links]
        line = np.array(ends).reshape(2, -1)
        return {"what": what, "many": len(links), "size": size, "x": x, "y": y, "line_x": line[0], "line_y": line[1]}

    def act(self, values, tell, stopped):
        tell("found", live=len(values["links"]), gap=[1, np.nan])
'''  # fmt: skip


def handles(page):
    """The thumb of the reader's own slider."""
    return page.locator(".widget-hslider .noUi-handle")


def test_one_slider_of_the_reader_moves_two_explorers_in_the_browser(opened):
    made = opened("links.ipynb", SLIDER)
    wait_for(lambda: made.explorers.count() == 2)
    fields = [made.explorers.nth(i).get_by_role("textbox").first for i in (0, 1)]
    own = made.page.locator(".widget-hslider .widget-readout").first
    for field in fields:
        expect(field).to_have_value("20")
    with kept_busy(made.page):
        handles(made.page).first.focus()
        made.page.keyboard.press("End")
        for field, most in zip(fields, ("60", "56"), strict=True):  # each goes to the nearest that it can be
            expect(field).to_have_value(most)
    wait_for(lambda: ask(made.page, "(one.depth, two.depth, slider.value)") == (60, 56, 60))
    made.explorers.first.get_by_role("slider").first.focus()
    made.page.keyboard.press("Home")
    expect(own).to_have_text("1")
    for field, least in zip(fields, ("1", "8"), strict=True):
        expect(field).to_have_value(least)
    wait_for(lambda: ask(made.page, "(one.depth, two.depth, slider.value)") == (1, 8, 1))
    assert ask(made.page, "60 in seen and seen[-1] == 1")
    assert made.page.errors == []


def test_a_slider_that_an_explorer_gives_moves_it_and_is_moved(opened):
    made = opened("slider.ipynb", SLIDER)
    wait_for(lambda: made.explorers.count() == 2)
    field, own = made.explorers.nth(1).get_by_role("textbox").nth(2), made.page.locator(".widget-hslider .widget-readout").nth(1)
    handles(made.page).nth(1).focus()
    made.page.keyboard.press("ArrowLeft")
    expect(field).to_have_value("225")
    field.fill("150")
    field.press("Enter")
    expect(own).to_have_text("150")
    assert made.page.errors == []


@pytest.fixture(scope="module")
def ring(opened):
    made = opened("ring.ipynb", RING, 'ring = Ring("ring")\nring')
    wait_for(lambda: made.explorers.count() == 1)
    explorer = made.explorers.first
    expect(explorer.locator(".skiplab-sentence")).to_have_text("ring: 0 links, size 1.00, 0 found")
    return made.page, explorer


def node(page, explorer, i):
    """Click node i of the ring, of size 1: the panel is square, from its upper left on."""
    box = explorer.locator(".skiplab-picture").bounding_box()
    unit = (300 - 2.2 * 13 - 4) / 4
    x, y = ask(page, f"(float(np.cos({i} * np.pi / 3)), float(np.sin({i} * np.pi / 3)))")
    page.mouse.click(box["x"] + 4 + unit * (2 + x), box["y"] + 2.2 * 13 + unit * (2 - y))


def test_pairs_are_chosen_by_clicks_on_nodes_and_by_keys(ring):
    page, explorer = ring
    sentence = explorer.locator(".skiplab-sentence")
    explorer.locator(".skiplab-picture").scroll_into_view_if_needed()
    for i in (3, 0, 2, 5):
        node(page, explorer, i)
    expect(sentence).to_have_text("ring: 2 links, size 1.00, 0 found")
    assert ask(page, "ring.links") == ((0, 3), (2, 5))
    for i in (5, 2):  # a link that is there is taken away
        node(page, explorer, i)
    expect(sentence).to_have_text("ring: 1 links, size 1.00, 0 found")
    ends = explorer.get_by_role("combobox")
    ends.nth(0).focus()
    page.keyboard.press("4")
    ends.nth(1).focus()
    page.keyboard.press("1")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    wait_for(lambda: ask(page, "ring.links") == ((0, 3), (1, 4)))
    page.keyboard.press("Tab")
    expect(explorer.get_by_role("button", name="Remove 0 to 3")).to_be_focused()
    page.keyboard.press("Enter")
    wait_for(lambda: ask(page, "ring.links") == ((1, 4),))
    expect(sentence).to_have_text("ring: 1 links, size 1.00, 0 found")
    explorer.locator(".skiplab-button", has_text="Copy").click()
    expect(explorer.locator(".skiplab-said")).to_have_text("Ring(name, links=((1, 4),))")
    assert ask(page, "ring.code") == "Ring(name, links=((1, 4),))"


def test_the_button_of_a_push_explorer_adds_to_its_frame(ring):
    page, explorer = ring
    ask(page, "ring.set(links=((1, 4), (2, 3)), size=1.0) and None")
    explorer.get_by_role("button", name="Find").click()
    expect(explorer.locator(".skiplab-sentence")).to_have_text("ring: 2 links, size 1.00, 2 found")
    expect(explorer.locator(".skiplab-doing")).to_have_text("found")
    ask(page, "ring.set(links=((1, 4),)) and None")
    expect(explorer.locator(".skiplab-doing")).to_have_text("Done for Links 1–4, 2–3")


def test_a_slow_frame_says_that_it_is_computed_and_gives_way_to_the_newest(ring):
    page, explorer = ring
    sentence, busy = explorer.locator(".skiplab-sentence"), explorer.locator(".skiplab-busy")
    ask(page, "ring.set(links=(), size=1.0).settle() and None")
    expect(busy).to_have_text("")
    ask(page, "setattr(Ring, 'seconds', 1.0)")
    drag(page, explorer.get_by_role("slider"), 40)
    expect(busy).to_have_text("Computing …")
    ask(page, "ring.set(size=0.5) and None")
    expect(sentence).to_have_text("ring: 0 links, size 0.50, 0 found")
    expect(busy).to_have_text("")
    assert ask(page, "ring._frame['values']['size']") == 0.5
    ask(page, "setattr(Ring, 'seconds', 0)")


def test_javascript_that_was_edited_takes_the_place_of_the_old(ring):
    page, explorer = ring
    ask(page, "ring._show(_code=ring._code.replace('Copy this setting', 'Copy it'), _esm=ring._esm + '// edited')")
    expect(explorer.get_by_role("button", name="Copy it")).to_be_visible()
    ask(page, "ring.set(size=1.25) and None")
    expect(explorer.locator(".skiplab-sentence")).to_have_text("ring: 0 links, size 1.25, 0 found")
    assert page.errors == []


@pytest.mark.parametrize("press", ["click", "Enter"])
def test_a_door_opens_the_notebook_of_what_is_chosen_beside_this_one(opened, lab, press):
    lab.notebook("05_unet.ipynb", "1")
    made = opened(f"doors_{press}.ipynb", "from skiplab import GlyphExplorer\nGlyphExplorer()")
    made.explorers.first.get_by_role("radio", name="U-Net").check()
    door = made.explorers.first.get_by_role("link", name="Open notebook 05")
    expect(door).to_have_attribute("href", "05_unet.ipynb")
    door.click() if press == "click" else door.press(press)
    expect(made.page.locator(".lm-TabBar-tabLabel", has_text="05_unet.ipynb")).to_have_count(1)
    expect(made.page.locator(".jp-Dialog")).to_have_count(0)


def test_a_click_on_a_small_glyph_chooses_it(opened):
    made = opened("glyphs.ipynb", "from skiplab import GlyphExplorer\nglyph = GlyphExplorer()\nglyph")
    canvas, doors = made.explorers.first.locator(".skiplab-picture"), GlyphExplorer.frame(net="resnet")
    box, (right, top) = canvas.bounding_box(), (17.6, 5.7)
    for i in (4, 6, 15):  # two glyphs, and the name of a third
        x, y = doors["door_x"][i] / right, (top - doors["door_y"][i]) / (top + 1.1)
        canvas.click(position={"x": 4 + x * (box["width"] - 8), "y": 28 + y * (box["height"] - 32)})
        wait_for(lambda i=i: ask(made.page, "glyph.net") == list(NETS)[i % len(NETS)])
