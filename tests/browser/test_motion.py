"""A tip, a choice and Play move the picture; a dial that is dragged or keyed does not wait for it, nor do those who want no motion."""

import io
from xml.etree import ElementTree

import pytest
from lab import Seen, ask, drag, wait_for
from looks import listen, put_on
from PIL import Image
from playwright.sync_api import expect

from skiplab import SkipExplorer
from skiplab.explore.canvas import put_together

CELL = '''import threading
from skiplab.base.grid import Grid
from skiplab.explore.dials import Choice, Ladder
from skiplab.explore.table import Table
from skiplab.explore.table_explorer import TableExplorer
from skiplab.scene.parts import axis, line, panel, picture, text

class ToyExplorer(TableExplorer):
    dials = (Ladder("depth", "depth", 1, (1, 2, 4, 8)), Choice("kind", "kind", {"a": "A", "b": "B"}))
    slow, play, gate = ("kind",), "depth", threading.Event()
    tips = (("Deep, of kind B", {"kind": "b", "depth": 8}), ("Deep", {"depth": 8}))
    sentence = ["Kind {kind:s}, depth {depth:d}, height {height:.1f}."]
    marks = [line([0, 1], ["@height", "@height"], "add"), text(0.5, 20, "height {height:.1f}"), text(0.5, 80, "a word that stays")]
    scene = picture(200, panel([0, 0, 1, 1], "Depth {depth:d}", marks, axis([0, 1]), axis([0, 100])))

    @classmethod
    def table(cls, kind):
        if kind == "b":
            cls.gate.wait(60)
        return Table(cls.dials, {"height": Grid([10, 20, 40, 80 if kind == "a" else 60], depth=(1, 2, 4, 8))})
'''.replace("{kind:s}", "{kind}")
# From now on each canvas keeps the places of the lines and bars of every picture.
WATCH = """() => {
  const pen = CanvasRenderingContext2D.prototype, { setTransform } = pen;
  pen.setTransform = function (...all) { (this.canvas.pictures ??= []).push([]); return setTransform.apply(this, all); };
  for (const name of ["lineTo", "fillRect"]) {
    const real = pen[name];
    pen[name] = function (...all) {
      this.canvas.pictures?.at(-1)?.push(...all.map((v) => Math.round(v * 100) / 100));
      return real.apply(this, all);
    };
  }
}"""
PICTURES = "(c) => c.pictures.map(String).filter((p, i, all) => p !== all[i - 1]).map((p) => p.split(',').map(Number))"
TIP = SkipExplorer.tips[0][0]  # γ = 0: the bars of y change, and the branch's arrow goes


class Toy:
    """What the kernel has as ToyExplorer, for `Seen`."""

    __name__, dials, tips = "ToyExplorer", (), ()


def made(opened, name, **options):
    """A notebook with the Skip explorer and the toy, whose pictures are watched."""
    page = opened(name, CELL, "from skiplab import SkipExplorer\nskip = SkipExplorer()\nskip", "toy = ToyExplorer()\ntoy", **options)
    wait_for(lambda: page.explorers.count() == 2)
    skip, toy = Seen(page.page, page.explorers.nth(0), "skip", SkipExplorer), Seen(page.page, page.explorers.nth(1), "toy", Toy)
    wait_for(lambda: toy.sentence and skip.sentence)
    page.page.evaluate(WATCH)
    return skip, toy


@pytest.fixture(scope="module")
def moving(opened):
    return made(opened, "moving.ipynb")


@pytest.fixture(scope="module")
def calm(opened):
    return made(opened, "calm.ipynb", motion="reduce")


def seen_after(seen, act, ms=700):
    """The pictures from before `act` until all is at rest, each once."""
    seen.page.wait_for_timeout(500)
    seen.page.evaluate("window.dispatchEvent(new Event('resize'))")
    seen.page.wait_for_timeout(100)
    seen.canvas.evaluate("(c) => { c.pictures.splice(0, c.pictures.length - 1); }")
    act()
    seen.page.wait_for_timeout(ms)
    return seen.canvas.evaluate(PICTURES)


def between(before, middle, after):
    """Whether some place stands well between both ends, and none outside of them."""
    places = list(zip(before, middle, after, strict=True))
    inside = [min(a, b) - 0.1 <= m <= max(a, b) + 0.1 for a, m, b in places]
    return all(inside) and any(abs(m - a) > 1 < abs(b - m) for a, m, b in places)


def test_a_tip_and_a_choice_move_the_picture_and_at_rest_it_is_that_of_the_setting(moving):
    skip, toy = moving
    for seen, act, back in ((skip, skip.button(TIP).click, {}), (toy, toy.root.get_by_role("button", name="Deep", exact=True).click, {})):
        before, *middle, after = seen_after(seen, act)
        assert len(middle) > 2
        same = [one for one in middle if len(one) == len(before) == len(after)]
        assert seen is skip or any(between(before, one, after) for one in same)
        values = seen.values
        starts = {"depth": 1, "kind": "a"} if seen is toy else seen.starts
        ask(seen.page, f"{seen.name}.set(**{starts | back!r}) and None")
        jump = seen_after(seen, lambda seen=seen, values=values: ask(seen.page, f"{seen.name}.set(**{values!r}) and None"))
        assert len(jump) == 2  # from Python it is there at once
        assert jump[-1] == after
    skip.start()
    assert len(seen_after(skip, skip.option("merge", "gate").click)) > 4


def test_what_is_said_is_that_of_the_new_setting_while_the_picture_moves(moving):
    _, toy = moving
    ask(toy.page, "toy.set(depth=1, kind='a') and None")
    toy.page.wait_for_timeout(300)
    press = "(b) => { b.click(); return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true)))) }"
    toy.root.get_by_role("button", name="Deep", exact=True).evaluate(press)
    assert toy.sentence == "Kind a, depth 8, height 80.0."
    assert toy.values["depth"] == 8


def test_a_dial_that_is_keyed_or_dragged_shows_its_values_alone(moving):
    skip, _ = moving
    skip.start()
    skip.handle("x0").focus()
    assert len(seen_after(skip, lambda: skip.page.keyboard.press("ArrowLeft"))) == 2
    skip.handle("x0").evaluate("(el) => { window.dragged = new Set(); el.addEventListener('input', () => dragged.add(el.value)); }")
    pictures = seen_after(skip, lambda: drag(skip.page, skip.handle("x0"), -80))
    assert 2 <= len(pictures) <= 1 + skip.page.evaluate("dragged.size")


def test_play_goes_from_rung_to_rung_and_moves_in_between(moving):
    _, toy = moving
    ask(toy.page, "toy.set(depth=1, kind='a') and None")
    shown = seen_after(toy, toy.button("Play").click, 2500)
    assert len(shown) > 8
    assert toy.values["depth"] == 8
    expect(toy.button("Play")).to_have_count(1)


def test_without_motion_nothing_moves_by_itself(calm):
    skip, toy = calm
    assert len(seen_after(skip, skip.button(TIP).click)) == 2
    expect(toy.button("Play")).to_have_count(0)
    for depth in (2, 4, 8, 1):
        assert len(seen_after(toy, toy.button("Step").click)) == 2
        assert toy.values["depth"] == depth


def test_while_a_table_is_computed_no_word_of_the_old_setting_stands(moving):
    _, toy = moving
    listen(toy.page)
    ask(toy.page, "toy.set(depth=1, kind='a') and None")
    words = "(c) => c.words.map((word) => word.text)"
    wait_for(lambda: {"Depth 1", "height 10.0", "a word that stays"} <= set(toy.canvas.evaluate(words)))
    toy.button("Deep, of kind B").click()
    busy = toy.root.locator(".skiplab-busy")
    expect(busy).to_have_text("Computing …")
    expect(toy.root.locator(".skiplab-sentence")).to_have_text("")
    wait_for(lambda: not {"Depth 1", "Depth 8", "height 10.0"} & set(toy.canvas.evaluate(words)))
    assert "a word that stays" in toy.canvas.evaluate(words)
    room = toy.root.locator(".skiplab-sentence").evaluate("(el) => el.offsetHeight")
    assert room > 20  # nothing under it moves
    ask(toy.page, "toy.gate.set()")
    expect(toy.root.locator(".skiplab-sentence")).to_have_text("Kind b, depth 8, height 60.0.")
    expect(busy).to_have_text("")
    wait_for(lambda: {"Depth 8", "height 60.0"} <= set(toy.canvas.evaluate(words)))


def test_what_is_seen_is_saved_with_its_sentence_and_its_dials(moving):
    skip, _ = moving
    skip.start()
    try:
        for theme, dark in (("Light", False), ("Dark", True)):
            put_on(skip.page, theme)
            wait_for(lambda: skip.saved("PNG"))
            picture = Image.open(io.BytesIO(skip.saved("PNG")))
            assert picture.size[0] == 2 * 920
            assert picture.size[1] > 2 * (SkipExplorer.scene["height"] + 40)
            assert (max(picture.convert("RGB").getpixel((2, 2))) < 64) == dark
            said = picture.convert("L").crop((0, 2 * SkipExplorer.scene["height"] + 28, *picture.size))
            assert said.getextrema()[0] < 100 < 150 < said.getextrema()[1]  # words in the foot
    finally:
        put_on(skip.page, "Light")
    root = ElementTree.fromstring(skip.saved("SVG"))
    words = [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert skip.sentence in " ".join(words)
    assert "Merge: add · λ on x: 1.00 · γ on F(x): 1.00 · x₁: 0.80 · On the way: 1.00" in words  # z does not matter here
    assert root.get("width") == "920"
    assert skip.page.errors == []


LOAD = "async (text) => { window.motion = await import(URL.createObjectURL(new Blob([text], { type: 'text/javascript' }))); }"
STEPS = """([poses, moves]) => {
  const motion = new window.motion.Motion();
  let now = 0;
  performance.now = () => now;
  return moves.map(([at, pose, lasts]) => { now = at; return motion.to(poses[pose], lasts ?? undefined)[0].marks[0]; });
}"""


@pytest.fixture(scope="module")
def module(moving):
    page = moving[0].page.context.new_page()
    page.evaluate(LOAD, put_together("scene/motion.js"))
    return page


def steps(page, marks, moves, log=False):
    """The first mark at each of the moves (ms, which, how long it is to take or None)."""
    axis = {"range": [0, 1]}
    poses = [[{"x": axis, "y": axis | {"log": log}, "marks": [mark]}] for mark in marks]
    return page.evaluate(STEPS, [poses, moves])


def test_a_new_move_goes_on_from_what_is_seen(module):
    marks = [{"kind": "text", "x": x, "text": str(x)} for x in (0, 100, -100)]
    found = steps(module, marks, [(0, 0, 0), (0, 1, 400), (200, 1, None), (216, 2, 400), (800, 2, None), (900, 1, 0)])
    x = [mark["x"] for mark in found]
    assert x[0] == 0 < x[1] < x[2] < 100
    assert 0 < x[2] - x[3] < 50
    assert x[4:] == [-100, 100]
    assert [mark["text"] for mark in found] == ["0", "100", "100", "-100", "-100", "100"]


def test_numbers_on_a_logarithmic_axis_move_by_factors(module):
    first, *_, last = [{"kind": "points", "x": [0], "y": [y]} for y in (1, 1e-4)]
    t = 1 - (1 - (100 + 1000 / 60) / 400) ** 3
    (mark,) = steps(module, [first, last], [(0, 0, 0), (0, 1, 400), (100, 1, None)], log=True)[-1:]
    assert mark["y"][0] == pytest.approx(10 ** (-4 * t))


def test_what_has_another_shape_or_was_not_there_changes_at_once(module, subtests):
    old = {"kind": "points", "x": [0, 0], "y": [0, 0], "color": "add", "columns": 2, "when": 1}
    for changed in ({"x": [1, 1, 1], "y": [0, 0, 0]}, {"color": "gate"}, {"columns": 3}, {"x": ["nan", 0]}):
        with subtests.test(changed=changed):
            new = old | changed
            found = steps(module, [old, new], [(0, 0, 0), (0, 1, 400)])[-1]
            assert {name: found[name] for name in changed} == changed
    hidden = old | {"when": 0, "x": [5, 5]}
    assert steps(module, [hidden, old], [(0, 0, 0), (0, 1, 400)])[-1] == old


def test_a_curve_that_grows_longer_is_stretched(module):
    old = {"kind": "line", "x": [0, 1, 2, 3, 4], "y": [0, 1, 2, "nan", "nan"]}
    new = {"kind": "line", "x": [0, 1, 2, 3, 4], "y": [0, 0.5, 1, 1.5, 2]}
    found = steps(module, [old, new], [(0, 0, 0), (0, 1, 400)])[-1]
    assert found["y"] == pytest.approx([0, 0.5, 1, 1.5, 2])  # the same slope seen over twice as many places
    assert 0 < found["x"][1] - 0.5 < 0.1
