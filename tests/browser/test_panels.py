"""How a panel is laid out: where its legend goes, how a long title is set, and how high a picture is in a narrow place."""

import json

import numpy as np
import pytest

from skiplab import AlignExplorer, AttentionExplorer, DenseNetExplorer, GateExplorer, LagExplorer, UnetExplorer
from skiplab.explore.canvas import put_together

LOAD = """async (files) => {
  for (const [name, text] of Object.entries(files))
    window[name] = await import(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
}"""
# Draws a panel with its legend; where it stands, the rectangle of its legend, and its texts with width and room.
DRAW = """([panel, marks, frame, { font, width, height }]) => {
  const ctx = document.createElement("canvas").getContext("2d"), rects = [], texts = [];
  const env = { font, width, height, frame, family: "sans-serif", palette: {}, colour: () => "red" }, at = axes.place(panel, frame, env);
  ctx.fillRect = (...box) => rects.push(box);
  ctx.fillText = (text, x, y, room = 1e9) => texts.push({ text, x, y, width: ctx.measureText(text).width, room });
  legend.drawLegend(ctx, marks, panel, at, env);
  const names = texts.splice(0), spots = marks.filter((m) => m.kind === "points");
  axes.drawAxes(ctx, panel, at, frame, env);
  return {
    at: [at.left, at.top, at.right, at.bottom], legend: rects[0], names, texts,
    spots: spots.map((m) => Array.from(m.x, (x, i) => [at.x.at(x), at.y.at(m.y[i])])),
  };
}"""
PANEL = {
    "box": [0, 0, 1, 1],
    "title": "t",
    "legend": "bottom left",
    "x": {"range": [0, 1], "label": ""},
    "y": {"range": [0, 1], "label": ""},
}
LINE = {"kind": "line", "x": [0, 1], "y": [0.9, 0.9], "color": "add", "label": "a line"}


@pytest.fixture(scope="module")
def page(browser):
    """A plain page with the modules of axes and legend in it."""
    page = browser.new_page()
    page.evaluate(LOAD, {name: put_together(f"scene/{name}.js") for name in ("axes", "legend")})
    return page


def drawn(page, panel, marks, frame=(), font=18, width=400, height=300):
    return page.evaluate(DRAW, [panel, marks, dict(frame), {"font": font, "width": width, "height": height}])


def covered(found):
    """Markers under the legend."""
    left, top, wide, high = found["legend"]
    return [spot for spots in found["spots"] for spot in spots if left <= spot[0] <= left + wide and top <= spot[1] <= top + high]


def corner(found):
    left, top, right, bottom = found["at"]
    x, y, wide, high = found["legend"]
    return ("bottom" if y + high / 2 > (top + bottom) / 2 else "top", "right" if x + wide / 2 > (left + right) / 2 else "left")


def marker(x, y):
    return {"kind": "points", "x": [x], "y": [y], "marker": "circle", "size": 11, "color": "add"}


@pytest.mark.parametrize("wanted", ["bottom left", "bottom right", "top left", "top right"])
def test_a_legend_stays_in_its_corner_until_it_would_cover_more_there_than_elsewhere(page, wanted):
    panel, (y, x) = {**PANEL, "legend": wanted}, wanted.split()
    middle = {**LINE, "y": [0.5, 0.5]}
    place = {"left": 0.1, "right": 0.9, "bottom": 0.1, "top": 0.9}
    assert corner(drawn(page, panel, [middle])) == (y, x)
    moved = drawn(page, panel, [middle, marker(place[x], place[y])])
    assert corner(moved) != (y, x)
    assert covered(moved) == []
    everywhere = [marker(a, b) for a in (0.1, 0.9) for b in (0.1, 0.9)]
    assert corner(drawn(page, panel, [middle, *everywhere])) == (y, x)


def test_an_axis_of_whole_numbers_has_whole_ticks(page):
    panel = {**PANEL, "title": "", **{name: {"range": [0, 1.02], "label": "", "whole": True} for name in "xy"}}
    assert [text["text"] for text in drawn(page, panel, [])["texts"] if text["text"]] == ["0", "1", "0", "1"]


def test_ticks_may_have_names(page):
    panel = {**PANEL, "title": "", "x": {**PANEL["x"], "ticks": [0, 1], "names": ["0.001", "0.1"]}}
    assert [text["text"] for text in drawn(page, panel, [])["texts"] if text["text"]][:2] == ["0.001", "0.1"]


@pytest.mark.parametrize("width", [160, 200, 400])
def test_a_legend_stays_in_its_panel(page, width):
    long = {**LINE, "label": "a line with a long name"}
    found = drawn(page, PANEL, [long], width=width)
    left, _, right, _ = found["at"]
    assert left <= found["legend"][0]
    assert found["legend"][0] + found["legend"][2] <= right
    assert all(left <= word["x"] and word["x"] + word["width"] <= right for word in found["names"])


@pytest.mark.parametrize("width", [586, 842, 962])  # of a screen of 1024, 1280 and 1400 px
@pytest.mark.parametrize(("cls", "moved"), [
    *[(LagExplorer, {"cell": cell, "back": back}) for cell in ("rnn", "gru", "add") for back in (5, 20, 40)],
    (AlignExplorer, {"side": 20}), (AlignExplorer, {}), (AttentionExplorer, {}), (AttentionExplorer, {"steps": 35}), (GateExplorer, {}),
    (GateExplorer, {"first": 1, "second": 20}), (DenseNetExplorer, {}), (DenseNetExplorer, {"shows": "cost"}),
])  # fmt: skip
def test_where_letters_are_large_no_legend_covers_what_the_title_speaks_of(page, cls, moved, width):
    frame = {name: np.asarray(value).tolist() for name, value in cls.frame(**{dial.name: dial.start for dial in cls.dials} | moved).items()}
    env = {"font": 18, "width": width, "height": cls.scene["height"]}
    places = page.evaluate("([scene, frame, env]) => axes.arrange(scene, frame, env)", [cls.scene, frame, env])
    for panel in places["panels"]:
        marks = [mark for mark in (resolved(mark, frame) for mark in panel["marks"]) if mark.get("when", 1)]
        if panel.get("legend") and any("label" in mark for mark in marks):
            found = drawn(page, panel, marks, frame, width=width, height=places["height"])
            here = {**found, "spots": [spots for spots in found["spots"] if len(spots) == 1]}
            assert covered(here) == []


def resolved(mark, frame):
    """The mark with the frame's values in place of their names."""
    named = lambda v: frame[v[1:]] if isinstance(v, str) and v.startswith("@") else v  # noqa: E731
    return {key: [named(e) for e in v] if isinstance(v, list) else named(v) for key, v in mark.items()}


TITLES = [
    "short",
    "A title that is a little too long for it",
    "A title so long that it would have to be squeezed to less than half of its width",
]


@pytest.mark.parametrize("title", TITLES)
def test_a_long_title_is_not_squeezed(page, title):
    found = drawn(page, {**PANEL, "title": title}, [])
    lines = [text for text in found["texts"] if text["text"] and text["y"] < found["at"][1] - 1]
    assert " ".join(line["text"] for line in lines) == title
    assert len(lines) == 1 + (title == TITLES[-1])
    assert all(0.75 * line["width"] <= line["room"] for line in lines)
    assert all(line["y"] > 0.6 * 18 for line in lines)


def test_in_a_narrow_place_a_panel_is_no_higher_than_it_needs(page):
    scene, env = UnetExplorer.scene, {"font": 13, "width": 332, "height": UnetExplorer.scene["height"]}
    found = page.evaluate("([scene, env]) => axes.arrange(scene, {}, env)", [scene, env])
    boxes = [panel["box"] for panel in found["panels"]]
    tops = [box[1] for box in boxes]
    assert tops == sorted(tops)
    pictures, (wide, high) = boxes[0], (np.ptp(scene["panels"][0][name]["range"]) for name in "xy")
    assert (pictures[3] - pictures[1]) * found["height"] == pytest.approx((332 - 8) * high / wide + 2.2 * 13 + 4, abs=1)
    wide = page.evaluate("([scene, env]) => axes.arrange(scene, {}, env)", [scene, {**env, "width": 900}])
    assert wide == json.loads(json.dumps({"panels": scene["panels"], "height": env["height"]}))
