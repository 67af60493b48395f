"""An explorer with a table: fast dials never wait for the kernel, slow ones say that it works, and both sides read the same rows."""

import base64
import itertools
import json
from xml.etree import ElementTree

import numpy as np
import pytest
from lab import Doctor, Seen, ask, drag, kept_busy, wait_for
from looks import axe, crowded, listen, overflows, put_on
from playwright.sync_api import expect

import skiplab
from skiplab import DenseNetExplorer, GradientExplorer, ResidualExplorer
from skiplab.explore.canvas import put_together
from skiplab.explore.dials import Choice, Ladder, Slider

ALL = (getattr(skiplab, name) for name in skiplab.__all__ if name.endswith("Explorer"))
KINDS = {kind.__module__.rpartition(".")[2]: kind for kind in ALL if kind.source != "closed"}
CELLS = [f"from skiplab import {kind.__name__}\n{name} = {kind.__name__}()\n{name}" for name, kind in KINDS.items()]
# From where a slider has room to be moved; and in which state every choice of an explorer matters.
ROOM = {"gradient": {"lam": {"merge": "add", "depth": 40}}, "lag": {"k": {"cell": "lag"}},
        "attention": {"steps": {"steps": 25}}, "transformer": {"lam": {"depth": 12}, "lr": {"depth": 8}}}  # fmt: skip
STARTS = {"gradient": {"merge": "add", "depth": 24}, "residual": {"merge": "add"}, "lag": {"cell": "lag"},
          "transformer": {"depth": 5}, "attention": {"steps": 60}, "align": {"passed": 6}}  # fmt: skip


def matters(dial):
    """The other dials where this one matters."""
    return {other: allowed[0] for other, allowed in dial.only.items()}


SLIDERS = {
    (name, dial.name): ROOM.get(name, {}).get(dial.name, matters(dial))
    for name, kind in KINDS.items()
    for dial in kind.dials
    if isinstance(dial, Slider) or (isinstance(dial, Ladder) and len(dial.rungs) > 2)  # it can be moved twice
}
CHOICES = [(name, dial.name) for name, kind in KINDS.items() for dial in kind.dials if isinstance(dial, Choice)]
ROWS = """async ([text, block, table, spec, settings]) => {
  const { source } = await import(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
  const bytes = new DataView(Uint8Array.from(atob(block), (c) => c.charCodeAt(0)).buffer);
  const traits = { _spec: spec, _block: bytes, _table: table, _live: {} };
  return new Promise((done) => {
    const frame = source({ get: (name) => traits[name], on: () => {} }, () => done(settings.map((values) => JSON.stringify(frame(values),
      (key, v) => ArrayBuffer.isView(v) ? Array.from(v, String) : typeof v === "number" ? String(v) : v))));
  });
}"""


@pytest.fixture(scope="module")
def shown(opened):
    """One notebook with all of them."""
    made = opened("tables.ipynb", *CELLS)
    wait_for(lambda: made.explorers.count() == len(KINDS))
    return {
        name: (Doctor if name == "doctor" else Seen)(made.page, made.explorers.nth(i), name, kind)
        for i, (name, kind) in enumerate(KINDS.items())
    }


def dials_of(name, pairs):
    """The dials of one explorer among (explorer, dial) pairs."""
    return [(dial,) for explorer, dial in pairs if explorer == name]


@pytest.mark.parametrize("name", dict(SLIDERS.keys()))
def test_its_sliders_move_by_keyboard_and_by_mouse(shown, name, subtests):
    seen = shown[name]

    def check(dial):
        seen.start(**SLIDERS[name, dial])
        handle, before = seen.handle(dial), seen.values[dial]
        back = before == (getattr(seen.specs[dial], "most", None) or list(seen.specs[dial].options)[-1])  # it stands at its end
        handle.focus()
        seen.shows_another(lambda: seen.page.keyboard.press("ArrowLeft" if back else "ArrowRight"))
        stepped = seen.agrees()[dial]
        assert (stepped < before) == back
        seen.shows_another(lambda: drag(seen.page, handle, -100 if back else 100))
        assert (seen.agrees()[dial] < stepped) == back

    for case in dials_of(name, SLIDERS):
        with subtests.test(case=case):
            check(*case)


@pytest.mark.parametrize("name", dict(CHOICES))
def test_its_choices_are_made_by_keyboard_and_by_mouse_and_move_nothing_from_under_it(shown, name, subtests):
    seen = shown[name]

    def check(dial):
        seen.start(**STARTS.get(name, {}))
        options = list(seen.specs[dial].options)
        first = options.index(seen.values[dial])
        other = 1 - first if first < 2 else 1
        seen.shows_another(seen.option(dial, options[other]).click)
        assert seen.agrees()[dial] == options[other]
        seen.shows_another(lambda: seen.page.keyboard.press("ArrowRight" if first > other else "ArrowLeft"))
        assert seen.agrees()[dial] == options[first]

    for case in dials_of(name, CHOICES):
        with subtests.test(case=case):
            check(*case)
    seen.start(**STARTS.get(name, {}))
    seen.keeps_its_places()


def test_fast_dials_answer_while_the_kernel_is_busy(shown):
    seen = shown["gradient"]
    seen.start(depth=20)
    handle = seen.handle("depth")
    handle.focus()
    with kept_busy(seen.page):
        for _ in range(3):
            seen.shows_another(lambda: seen.page.keyboard.press("ArrowRight"))
    assert seen.agrees()["depth"] == 26  # 20, 22, 24, 26


def test_a_slow_dial_says_that_the_kernel_is_at_work_and_what_went_wrong(shown):
    seen = shown["gradient"]
    seen.start()
    busy, alert = seen.root.locator(".skiplab-busy"), seen.root.locator(".skiplab-error")
    expect(busy).to_have_text("")
    kit = "__import__('skiplab.explore.table_explorer', fromlist=['_'])"  # that keeps the table of this setting alone
    ask(seen.page, f"[{kit}._packed.cache_clear(), {kit}._table.cache_clear(), type(gradient).frame(**gradient.values)] and None")
    ask(seen.page, "setattr(type(gradient), 'real', type(gradient).table)")
    broken = "lambda cls, **slow: [__import__('time').sleep(0.5), cls.real(**slow | {'init': 'nonsense'})]"
    ask(seen.page, f"setattr(type(gradient), 'table', classmethod({broken}))")
    try:
        seen.option("activation", "linear").click()
        wait_for(lambda: busy.text_content() == "Computing …", 10, 0.02)
        expect(alert).to_be_visible()
        expect(alert).to_contain_text("init: expected one of 'default'")
        expect(busy).to_have_text("")
        with kept_busy(seen.page):
            seen.option("activation", "relu").click()  # of which the browser has the table
            expect(alert).to_be_hidden()
        expect(seen.root).not_to_contain_class("skiplab-stale")
    finally:
        ask(seen.page, "setattr(type(gradient), 'table', type(gradient).real)")
    seen.start()
    expect(alert).to_be_hidden()


def test_two_settings_with_one_table_are_both_shown(shown):
    seen = shown["gradient"]
    seen.start()
    ask(seen.page, "gradient.set(rho=0.5) and None")  # which matters only for another init
    wait_for(lambda: ask(seen.page, "gradient.settle()._table['slow']['rho']") == 0.5)
    expect(seen.root).not_to_contain_class("skiplab-stale")
    expect(seen.root.locator(".skiplab-busy")).to_have_text("")


MOVED = {
    GradientExplorer: {"merge": ("none", "add", "gate"), "depth": (1, 24, 100), "lam": (0.25, 1.0)},
    DenseNetExplorer: {"merge": ("none", "concat"), "cuts": ((), ((0, 1),), ((4, 5),), ((0, 3), (2, 4)), ((1, 2), (1, 3), (3, 5)))},
}


def test_the_browser_reads_the_same_rows_as_python(shown, subtests):
    for kind, dials in MOVED.items():
        explorer = kind()
        settings = [explorer.values | dict(zip(dials, place, strict=True)) for place in itertools.product(*dials.values())]
        block = base64.b64encode(explorer._block).decode()
        sent = [put_together("explore/sources.js"), block, explorer._table, explorer._spec, settings]
        for values, text in zip(settings, shown["gradient"].page.evaluate(ROWS, sent), strict=True):
            here, there = kind.frame(**values), json.loads(text)
            assert here.keys() == there.keys()
            with subtests.test(kind=kind.__name__, values=values):
                numbers = {name: value for name, value in here.items() if not isinstance(value, str) and name != "cuts"}
                for name, value in numbers.items():
                    assert np.array_equal(np.asarray(value, dtype=float), np.array(there[name], dtype=float), equal_nan=True), name


def test_the_doctor_measures_the_way_to_the_kernel_and_back(shown):
    seen = shown["doctor"]
    seen.start()
    seen.handle("knock").focus()
    seen.shows_another(lambda: seen.page.keyboard.press("ArrowRight"))
    assert seen.agrees()["knock"] == 1
    assert seen.sentence.endswith("All that the course needs is here.")


@pytest.mark.parametrize(("name", "dial", "place", "value"), [("align", "passed", 4, 4), ("attention", "written", 5, 6)])
def test_a_click_on_a_place_of_a_slider_moves_it_there(shown, name, dial, place, value):
    seen = shown[name]
    seen.start()
    panel, *arrays = seen.specs[dial].at
    x, y = (seen.kind.frame(**seen.values)[key][place] for key in arrays)
    at = dict(zip("xy", spot(seen, panel, x, y), strict=True))
    seen.canvas.hover(position=at)
    assert seen.canvas.evaluate("(c) => c.style.cursor") == "pointer"
    seen.shows_another(lambda: seen.canvas.click(position=at))
    assert seen.agrees()[dial] == value


def spot(seen, panel, x, y):
    """Where a place of a panel stands on the canvas, in px, as axes.js puts it."""
    text = put_together("scene/axes.js")
    frame = {name: np.asarray(v).tolist() for name, v in seen.kind.frame(**seen.values).items()}
    return seen.page.evaluate("""async ([text, scene, frame, i, x, y, width]) => {
      const { arrange, place } = await import(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
      const env = { font: 13, width, height: scene.height }, all = arrange(scene, frame, env);
      const at = place(all.panels[i], frame, { ...env, height: all.height });
      return [at.x.at(x), at.y.at(y)];
    }""", [text, seen.kind.scene, frame, panel, x, y, seen.canvas.evaluate("(c) => c.clientWidth")])


def test_what_is_typed_beside_a_ladder_takes_it_to_the_nearest_rung(shown, subtests):
    def check(name, dial):
        seen, labels = shown[name], list(dial.options.values())
        seen.start(**matters(dial))
        field = seen.field(dial.name)
        expect(field).to_have_attribute("inputmode", "decimal")
        between = f"{dial.rungs[1] + 0.4 * (dial.rungs[2] - dial.rungs[1]):g}".replace(".", ",")
        typings = [(f"{dial.rungs[1] * 1.01:g}", 1), ("0", 0), ("abc", 0), ("", 0), ("1e9", -1), ("−1", 0), (between, 1)]
        for typed, rung in [*typings, (f"{dial.rungs[2]:e}", 2)]:
            field.fill(typed)
            field.press("Enter")
            expect(field).to_have_value(labels[rung])
            assert seen.agrees()[dial.name] == dial.rungs[rung]

    dials = ((name, dial) for name, kind in KINDS.items() for dial in kind.dials)
    for case in [(name, dial) for name, dial in dials if isinstance(dial, Ladder) and len(dial.rungs) > 2 and dial.rungs[0] >= 0]:
        with subtests.test(case=case):
            check(*case)


BUTTONS = """(root) => [...root.querySelectorAll(":is(.skiplab-tips, .skiplab-tools) button:not(.skiplab-drawer)")].map((el) => {
  const at = el.getBoundingClientRect(), from = root.getBoundingClientRect();
  return [at.x - from.x, at.y - from.y];
})"""


def test_what_is_said_moves_no_button_from_under_the_mouse(shown, subtests):
    for name, seen in shown.items():
        with subtests.test(explorer=name):
            texts = [text for text, _ in seen.kind.tips]
            seen.start()
            seen.canvas.scroll_into_view_if_needed()
            seen.page.wait_for_timeout(500)  # what is out of sight is laid out once it is seen
            places = [seen.root.evaluate(BUTTONS)]
            for text in texts:
                seen.button(text).click()
                seen.agrees()
                places.append(seen.root.evaluate(BUTTONS))
            assert places == [places[0]] * len(places)


GREYED = [name for name, kind in KINDS.items() if kind.tips and any(getattr(d, "only", None) for d in kind.dials)]


@pytest.mark.parametrize(("name", "busy"), [*((name, False) for name in GREYED), ("residual", True)])
def test_after_tips_just_the_dials_that_do_not_matter_are_greyed(shown, name, busy):
    shown[name].tips_grey_what_is_idle(busy)


def test_a_tip_of_the_sweep_sets_its_dials(shown, subtests):
    seen = shown["residual"]

    def check(text, dials):
        seen.start(depth=20, steps=75)
        said = seen.sentence
        seen.button(text).click()
        wait_for(lambda: seen.sentence != said, 10)
        assert seen.agrees() == seen.starts | dials

    for case in ResidualExplorer.tips:
        with subtests.test(case=case):
            check(*case)


def test_train_this_one_draws_its_curve_and_stops_when_asked(shown):
    seen = shown["residual"]
    seen.start(depth=8)
    doing, press = seen.root.locator(".skiplab-doing"), seen.root.locator(".skiplab-tools button").first
    seen.shows_another(press.click, sentence=False)
    expect(doing).to_have_text("8 seeds, 300 steps: the dashed line", timeout=120_000)
    expect(press).to_have_text("Train this one now")
    seen.start(depth=56, norm="batch")
    expect(doing).to_have_text("Done for Layers 8, Norm none")
    press.click()
    expect(press).to_have_text("Stop")
    press.click()
    expect(doing).to_contain_text("stopped after ", timeout=60_000)
    expect(press).to_have_text("Train this one now")
    expect(seen.root.locator(".skiplab-error")).to_be_hidden()


def test_a_click_on_a_skip_of_the_u_chooses_its_next_merge(shown):
    seen = shown["unet"]
    seen.start()
    seen.canvas.scroll_into_view_if_needed()
    for level, x, y in (("finest", 0.2, 0.16), ("middle", 0.2, 0.36), ("coarsest", 0.2, 0.506)):
        box = seen.canvas.bounding_box()
        for merge in ("none", "add", "concat", "none"):
            seen.page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
            wait_for(lambda: seen.agrees()[level] == merge, 10)  # noqa: B023
    assert seen.agrees() == seen.starts | dict.fromkeys(("finest", "middle", "coarsest"), "none")


def test_a_click_on_an_arc_cuts_it_and_another_one_puts_it_back(shown, subtests):
    seen = shown["densenet"]
    seen.start()
    seen.canvas.scroll_into_view_if_needed()
    panel, frame = seen.kind.scene["panels"][0], seen.kind.frame(**seen.starts)
    ((x0, x1), (y0, y1)), size = (panel[name]["range"] for name in "xy"), seen.canvas.bounding_box()
    low, high = panel["box"][3] * size["height"] - 4, 2.2 * 13  # where a panel without axes has its ends
    for source, reader in ((0, 5), (0, 1), (1, 4)):
        with subtests.test(arc=(source, reader)):
            (lift,) = [h for i, j, h in zip(frame["from"], frame["to"], frame["lift"], strict=True) if (i, j) == (source, reader)]
            x = 4 + ((source + reader) / 2 - x0) / (x1 - x0) * (size["width"] - 8)
            spot = {"x": x, "y": low - (lift - y0) / (y1 - y0) * (low - high) + 3}
            seen.shows_another(lambda spot=spot: seen.canvas.click(position=spot))
            assert seen.agrees()["cuts"] == ((source, reader),)
            seen.shows_another(lambda spot=spot: seen.canvas.click(position=spot))
            assert seen.agrees()["cuts"] == ()


LOOKS = [
    ("gradient", {"init": "he", "depth": 50}), ("residual", {"merge": "add", "depth": 56}), ("densenet", {"shows": "cost"}),
    ("densenet", {"merge": "add", "cuts": ((0, 5), (1, 2))}), ("unet", {"finest": "none", "muted": "middle"}), ("align", {"rule": "start"}),
    ("lag", {"cell": "gru", "bias": -2.0}), ("gate", {}), ("transformer", {"lam": 0.5, "depth": 24}), ("attention", {"steps": 40}),
    ("attention", {"model": "context"}),
]  # fmt: skip


@pytest.mark.parametrize(("width", "theme"), [(1280, "Light"), (1920, "Dark"), (700, "Light")])
def test_all_fit_and_axe_finds_nothing(shown, width, theme, subtests):
    page = shown["gradient"].page
    listen(page)
    page.set_viewport_size({"width": width, "height": 900})
    put_on(page, theme)

    def check(name, state):
        seen = shown[name]
        seen.start(**state)
        seen.canvas.scroll_into_view_if_needed()
        wait_for(lambda: seen.canvas.evaluate("(c) => c.width === c.clientWidth && c.height === c.clientHeight"))
        assert crowded(seen.canvas) == []
        next(iter(seen.dials.values())).scroll_into_view_if_needed()  # axe judges the contrast of what is in view
        assert axe(page) == []

    try:
        for case in LOOKS:
            with subtests.test(case=case):
                check(*case)
        assert overflows(page) == []
    finally:
        page.set_viewport_size({"width": 1280, "height": 900})
        put_on(page, "Light")


def test_what_is_seen_is_saved_as_lines_and_words(shown, subtests):
    for name, seen in shown.items():
        with subtests.test(explorer=name):
            seen.start()
            text = seen.saved("SVG").decode()
            said = [node.text or "" for node in ElementTree.fromstring(text).iter("{http://www.w3.org/2000/svg}text")]
            assert seen.sentence in " ".join(said)
            first = next(iter(seen.specs.values()))
            assert any(line.startswith(f"{first.label}: ") for line in said)
            assert "NaN" not in text


def test_the_console_stayed_quiet(shown):
    assert shown["gradient"].page.errors == []
