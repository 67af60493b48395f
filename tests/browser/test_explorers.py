"""The explorers in a real JupyterLab: by keyboard and by mouse, in the light and in the dark, narrow and twice."""

import pytest
from lab import Seen, ask, drag, wait_for
from looks import axe, crowded, listen, overflows, put_on
from playwright.sync_api import expect

from skiplab import SaddleExplorer, SkipExplorer
from skiplab.explore.canvas import put_together

CELLS = "from skiplab import SaddleExplorer, SkipExplorer\nsaddle = SaddleExplorer()\nsaddle", "skip = SkipExplorer()\nskip"
KINDS = {"saddle": SaddleExplorer, "skip": SkipExplorer}
# The state in which a slider matters; each move of each dial changes both picture and sentence.
SLIDERS = {
    ("saddle", "alpha"): {}, ("saddle", "lam"): {}, ("saddle", "length"): {}, ("saddle", "w1"): {}, ("saddle", "w2"): {},
    ("saddle", "lr"): {}, ("saddle", "shown"): {"lr": 0.005},
    ("skip", "lam"): {}, ("skip", "gamma"): {}, ("skip", "z"): {"merge": "gate"}, ("skip", "x0"): {},
    ("skip", "way"): {},
}  # fmt: skip
ONLY = [(name, dial.name) for name, kind in KINDS.items() for dial in kind.dials if getattr(dial, "only", None)]
# With two weights "round all" and "round each pair" are the same, so the skips are told apart with four.
BUTTONS = {("saddle", "form"): {"length": 4, "lam": 1.0}, ("saddle", "optimizer"): {}, ("skip", "merge"): {}}
STATES = [{}, {"form": "weight", "lam": 1.0, "length": 4, "alpha": -1.0}, {"lam": 1.0, "alpha": 1.0, "optimizer": "noisy"}]
KEYS = [("ArrowLeft", "w1", -1), ("ArrowRight", "w1", 1), ("ArrowUp", "w2", 1), ("Shift+ArrowDown", "w2", -10)]


@pytest.fixture(scope="module")
def shown(opened):
    """One notebook with both explorers."""
    made = opened("explorers.ipynb", *CELLS)
    wait_for(lambda: made.explorers.count() == 2)
    return {name: Seen(made.page, made.explorers.nth(i), name, kind) for i, (name, kind) in enumerate(KINDS.items())}


@pytest.fixture
def seen(shown, request):
    """The explorer of the test's first parameter, or the saddle, with every dial at its start."""
    name = request.node.callspec.params.get("name", "saddle") if hasattr(request.node, "callspec") else "saddle"
    shown[name].start()
    return shown[name]


def test_to_look_is_not_to_move(shown):
    for explorer in shown.values():
        assert explorer.agrees() == explorer.starts
        expect(explorer.root.locator("[title=null]")).to_have_count(0)
        assert ask(explorer.page, f"{explorer.name}.code") == f"{explorer.kind.__name__}()"


def dials_of(name, pairs):
    """The dials of one explorer among (explorer, dial) pairs."""
    return [(dial,) for explorer, dial in pairs if explorer == name]


@pytest.mark.parametrize("name", KINDS)
def test_its_sliders_move_by_keyboard_and_by_mouse(seen, name, subtests):
    def check(dial):
        seen.start(**SLIDERS[name, dial])
        spec, before = seen.specs[dial], seen.values[dial]
        handle, back = seen.handle(dial), before == getattr(spec, "most", None)
        handle.focus()
        seen.shows_another(lambda: seen.page.keyboard.press("ArrowLeft" if back else "ArrowRight"))
        stepped = seen.agrees()[dial]
        assert (stepped < before) if back else (stepped > before)
        seen.shows_another(lambda: drag(seen.page, handle, -60 if back else 60))
        dragged = seen.agrees()[dial]
        assert (dragged < stepped) if back else (dragged > stepped)
        expect(handle).to_have_accessible_name(spec.label)
        expect(seen.field(dial)).to_have_accessible_name(f"{spec.label}, type a number")
        expect(handle).to_have_attribute("aria-valuetext", seen.field(dial).input_value())

    for case in dials_of(name, SLIDERS):
        with subtests.test(case=case):
            check(*case)


@pytest.mark.parametrize("name", KINDS)
def test_its_dials_that_do_not_matter_are_greyed(seen, name, subtests):
    def check(dial):
        for other, allowed in seen.specs[dial].only.items():
            idle = next(value for value in seen.specs[other].options if value not in allowed)
            seen.start(**{other: idle})
            wait_for(lambda: dial in seen.greyed, 5)
            expect(seen.handle(dial)).to_be_disabled()
            expect(seen.field(dial)).to_be_disabled()
            assert seen.agrees()[dial] == seen.starts[dial]

    for case in dials_of(name, ONLY):
        with subtests.test(case=case):
            check(*case)


@pytest.mark.parametrize(("name", "busy"), [*((name, False) for name in KINDS), ("saddle", True)])
def test_after_tips_just_the_dials_that_do_not_matter_are_greyed(shown, name, busy):
    shown[name].tips_grey_what_is_idle(busy)


@pytest.mark.parametrize("name", KINDS)
def test_its_choices_are_made_by_keyboard_and_by_mouse(seen, name, subtests):
    def check(dial):
        seen.start(**BUTTONS[name, dial])
        options = list(seen.specs[dial].options)
        start = options.index(seen.values[dial])
        round_it_goes = [*options[start + 1 :], *options[: start + 1]]
        for option in round_it_goes:
            seen.shows_another(seen.option(dial, option).click)
            assert seen.agrees()[dial] == option
        for option in round_it_goes:  # the group is one tab stop
            seen.shows_another(lambda: seen.page.keyboard.press("ArrowRight"))
            assert seen.agrees()[dial] == option
            expect(seen.option(dial, option).locator("input")).to_be_focused()
        seen.page.keyboard.press("Tab")
        expect(seen.dials[dial].locator(":focus")).to_have_count(0)
        expect(seen.dials[dial]).to_have_accessible_name(seen.specs[dial].label)

    for case in dials_of(name, BUTTONS):
        with subtests.test(case=case):
            check(*case)


def test_a_number_is_typed_as_it_is_written(seen):
    for typed, value in (("0,5", 0.5), ("−1", -1.0), ("1.239", 1.25), ("1e-1", 0.1), ("99", 3.0), ("abc", 3.0), ("", 3.0), (" -2 ", -2.0)):
        seen.field("alpha").fill(typed)
        seen.field("alpha").press("Enter")
        assert seen.agrees()["alpha"] == value, typed
    expect(seen.field("alpha")).to_have_value("−2.00")


def spot(seen, panel, a, b):
    """Where the point (a, b) of a map stands on the page."""
    seen.canvas.scroll_into_view_if_needed()
    load = "(text) => import(URL.createObjectURL(new Blob([text], { type: 'text/javascript' }))).then((m) => { window.axes = m; })"
    seen.page.evaluate(load, put_together("scene/axes.js"))
    box, panel = seen.canvas.bounding_box(), seen.kind.scene["panels"][panel]
    places = "([panel, env, a, b]) => { const at = axes.place(panel, {}, env); return [at.x.at(a), at.y.at(b)]; }"
    x, y = seen.page.evaluate(places, [panel, {"font": 13, "width": box["width"], "height": box["height"]}, a, b])
    return box["x"] + x, box["y"] + y


@pytest.mark.parametrize("panel", SaddleExplorer.pad["panels"])
def test_a_click_and_a_drag_on_a_map_place_the_start_of_both(seen, panel):
    seen.shows_another(lambda: seen.page.mouse.click(*spot(seen, panel, 1.2, -0.7)))
    assert placed(seen) == pytest.approx((1.2, -0.7), abs=0.02)
    seen.page.mouse.move(*spot(seen, panel, -1.5, 1.0))
    seen.shows_another(seen.page.mouse.down)
    seen.shows_another(lambda: seen.page.mouse.move(*spot(seen, panel, -0.4, 0.3), steps=5))
    assert placed(seen) == pytest.approx((-0.4, 0.3), abs=0.02)
    other = next(each for each in seen.kind.pad["panels"] if each != panel)
    seen.shows_another(lambda: seen.page.mouse.move(*spot(seen, other, 0, 0), steps=5))  # the map on which it began is dragged on
    seen.page.mouse.up()
    assert placed(seen)[0] == (2.5 if other > panel else -2.5)


def test_a_click_beside_the_maps_moves_nothing(seen):
    before = seen.agrees()
    for panel in {0, 3} - {*seen.kind.pad["panels"]}:
        x, y = (sum(axis["range"]) / 2 for axis in (seen.kind.scene["panels"][panel][name] for name in "xy"))
        seen.page.mouse.click(*spot(seen, panel, x, y))
        assert seen.agrees() == before


def placed(seen):
    """Where the kernel has the start."""
    values = seen.agrees()
    return values["w1"], values["w2"]


def test_arrow_keys_on_the_picture_move_the_start(seen, subtests):
    def check(key, dial, by):
        before = seen.values[dial]
        seen.canvas.focus()
        seen.shows_another(lambda: seen.page.keyboard.press(key))
        assert seen.agrees()[dial] == pytest.approx(before + 0.01 * by, abs=1e-9)

    for case in KEYS:
        with subtests.test(case=case):
            check(*case)


@pytest.mark.parametrize("name", KINDS)
def test_a_tip_sets_its_dials(seen, name, subtests):
    def check(text, wanted):
        seen.start()
        said = seen.sentence
        seen.button(text).click()
        wait_for(lambda: seen.sentence != said, 10)  # the picture may stay: that two maps are equal is what one tip shows
        got = seen.agrees()
        assert {dial: got[dial] for dial in wanted} == pytest.approx(wanted)

    for case in KINDS[name].tips:
        with subtests.test(case=case):
            check(*case)


def test_play_runs_the_steps_and_pause_stops_them(seen):
    seen.button("Play").click()
    field = seen.field("shown")
    steps = ["400"]
    while len(steps) < 4:
        steps.append(wait_for(lambda: (now := field.input_value()) != steps[-1] and now, 10, 0.02))
    assert sorted(map(int, steps[1:])) == [int(step) for step in steps[1:]]
    seen.button("Pause").click()
    stopped = seen.agrees()["shown"]
    assert stopped < 400
    expect(seen.button("Play")).to_have_count(1)
    seen.page.wait_for_timeout(100)
    assert int(field.input_value()) == stopped


def from_code(seen):
    ask(seen.page, "saddle.set(shown=5) and None")


def by_key(seen):
    seen.handle("shown").focus()
    seen.page.keyboard.press("End")


def by_tip(seen):
    seen.button("A long step").click()


@pytest.mark.parametrize(("move", "ends"), [(from_code, 5), (by_key, 400), (by_tip, 400)])
def test_play_stops_where_its_dial_is_moved_otherwise(seen, move, ends):
    field = seen.field("shown")
    ask(seen.page, "saddle.set(shown=100) and None")
    wait_for(lambda: field.input_value() == "100")
    seen.button("Play").click()
    wait_for(lambda: 110 < int(field.input_value()) < 300, 10, 0.02)
    move(seen)
    seen.page.wait_for_timeout(300)
    expect(seen.button("Play")).to_have_count(1)
    expect(field).to_have_value(str(ends))
    assert seen.agrees()["shown"] == ends


def test_copy_shows_the_line_that_restores_the_setting(seen):
    seen.start(form="weight", alpha=-0.65, w1=0.0, lr=1.0)
    seen.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    seen.button("Copy this setting").click()
    line = seen.root.locator(".skiplab-said").text_content()
    assert line == "SaddleExplorer(form='weight', alpha=-0.65, w1=0.0, lr=1.0)" == ask(seen.page, "saddle.code")
    assert ask(seen.page, f"{line}.values == saddle.values")
    assert wait_for(lambda: seen.page.evaluate("navigator.clipboard.readText()")) == line


def test_the_copied_line_goes_when_a_dial_moves(seen):
    seen.button("Copy this setting").click()
    expect(seen.root.locator(".skiplab-said")).to_have_text("SaddleExplorer()")
    seen.handle("w1").focus()
    seen.shows_another(lambda: seen.page.keyboard.press("ArrowRight"))
    expect(seen.root.locator(".skiplab-said")).to_have_text("")


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("width", [700, 1280])
def test_a_choice_moves_nothing_from_under_the_mouse(seen, name, width):
    seen.page.set_viewport_size({"width": width, "height": 900})
    try:
        seen.keeps_its_places()
    finally:
        seen.page.set_viewport_size({"width": 1280, "height": 900})


def test_an_odd_number_of_weights_in_pairs_is_said_in_the_explorer(seen):
    alert = seen.root.locator("[role=alert]")
    seen.start(length=3)
    expect(alert).to_be_hidden()
    seen.option("form", "pair").click()
    expect(alert).to_be_visible()
    expect(alert).to_have_text("length: form 'pair' needs an even number of weights, got 3.")
    assert wait_for(lambda: seen.values["form"] == "pair")
    assert ask(seen.page, "saddle.snapshot()") == (alert.text_content(), None)
    seen.option("form", "block").click()
    expect(alert).to_be_hidden()
    assert seen.agrees()["length"] == 3
    assert seen.page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr'], .jp-Cell .jp-mod-error").count() == 0


@pytest.fixture(params=["Light", "Dark"])
def theme(shown, request):
    """The theme of the page, light again afterwards."""
    page = shown["saddle"].page
    put_on(page, request.param)
    yield request.param
    put_on(page, "Light")


def test_each_theme_has_its_colours_its_full_width_and_nothing_that_axe_objects_to(shown, theme):
    corner = "(c) => Math.max(...c.getContext('2d').getImageData(1, c.height - 2, 1, 1).data.slice(0, 3))"
    sharp = "(c) => c.width === c.clientWidth && c.height === c.clientHeight"
    for explorer in shown.values():
        wait_for(lambda e=explorer: (e.canvas.evaluate(corner) < 64) == (theme == "Dark"), 10)
        wait_for(lambda e=explorer: e.canvas.evaluate(sharp), 5)
    assert axe(shown["saddle"].page) == []


def saddle_height(saddle, width):
    """Where it is narrow one panel is under the other, and a map, which is a square, is as high as it is wide."""
    usual, wide = SaddleExplorer.scene["height"], saddle.canvas.evaluate("(c) => c.clientWidth")
    if width > 700:
        return usual
    boxes = [(panel["box"], panel.get("equal")) for panel in SaddleExplorer.scene["panels"]]
    return sum(min(usual * min(0.85, bottom - top), wide if equal else usual) for (_, top, _, bottom), equal in boxes)


@pytest.mark.parametrize("width", [700, 1280, 1920])
@pytest.mark.parametrize("state", STATES)
def test_at_each_width_nothing_overflows_and_no_text_lies_on_another(shown, width, state):
    page = shown["saddle"].page
    listen(page)
    page.set_viewport_size({"width": width, "height": 900})
    try:
        shown["saddle"].start(**state)
        shown["skip"].start(merge="gate")
        wait_for(lambda: abs(shown["saddle"].canvas.evaluate("(c) => c.clientHeight") - saddle_height(shown["saddle"], width)) <= 1)
        assert overflows(page) == []
        assert [crowded(explorer.canvas) for explorer in shown.values()] == [[], []]
    finally:
        page.set_viewport_size({"width": 1280, "height": 900})


def test_two_views_and_a_later_cell_move_together_on_a_sharp_screen(opened):
    cells = "from skiplab import SkipExplorer\nskip = SkipExplorer()\nskip", "skip.set(merge='gate', z=0.55)"
    made = opened("twice.ipynb", *cells, run=False, scale=2)
    made.lab.run_cell(made.page, 0)
    wait_for(lambda: made.explorers.count() == 1)
    first = Seen(made.page, made.explorers.nth(0), "skip", SkipExplorer)
    first.agrees()
    assert first.canvas.evaluate("(c) => [c.width / c.clientWidth, c.height / c.clientHeight]") == [2, 2]
    first.shows_another(lambda: made.lab.run_cell(made.page, 1))
    second = Seen(made.page, made.explorers.nth(1), "skip", SkipExplorer)
    assert second.agrees() == first.agrees() == first.starts | {"merge": "gate", "z": 0.55}
    for mover, follower in ((first, second), (second, first)):
        mover.handle("z").focus()
        follower.shows_another(lambda: made.page.keyboard.press("ArrowRight"))
        assert first.agrees() == second.agrees()
    assert made.page.errors == []


def test_the_console_stayed_quiet(shown):
    assert shown["saddle"].page.errors == []
