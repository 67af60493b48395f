"""Every explorer for everyone: by keyboard alone, by ear, by touch, and at twice the size."""

import numpy as np
import pytest
from lab import Doctor, Seen, wait_for
from playwright.sync_api import expect

import skiplab
from skiplab.explore.dials import Choice, Pairs
from skiplab.scene.template import fill, number

KINDS = {name: getattr(skiplab, name) for name in skiplab.__all__ if name.endswith("Explorer")}
CELLS = [f"from skiplab import {name}\n{name[:-8].lower()} = {name}()\n{name[:-8].lower()}" for name in KINDS]
TIPPED = [name for name, kind in KINDS.items() if kind.tips]
# From now on the page keeps the notebook's commands that are run.
SPY = """() => {
  window.commands = [];
  jupyterapp.commands.commandExecuted.connect((_, { id }) => id.startsWith("notebook:") && window.commands.push(id));
}"""
# All that can have the focus, also what no Tab leads to.
FOCUSABLE = """(root) => [...root.querySelectorAll("button, input, select, [tabindex]")].filter((el) => {
  el.focus();
  return document.activeElement === el;
}).length"""
FOCUS = """(root, i) => [...root.querySelectorAll("button, input, select, [tabindex]")].filter((el) => {
  el.focus();
  return document.activeElement === el;
})[i].focus()"""
WHERE = """(root) => {
  const el = document.activeElement, of = (row) => [...root.querySelectorAll(row)].findIndex((each) => each.contains(el));
  if (!root.contains(el)) return null;
  const ring = getComputedStyle(el.type === "radio" ? el.nextElementSibling : el);
  const rows = [".skiplab-dial", "[role=toolbar]", ".skiplab-picture"];
  const group = rows.map((row) => `${row} ${of(row)}`).find((text) => !text.endsWith("-1"));
  return { group, ring: `${ring.outlineStyle} ${ring.outlineWidth}`, text: el.textContent };
}"""
HEARD = """(root) => {
  const live = root.querySelector(".skiplab-live");
  root.heard = [];
  new MutationObserver(() => live.textContent && root.heard.push(live.textContent)).observe(live, { childList: true });
}"""
SMALL = """(root) => [...root.querySelectorAll("button, input, select, canvas, [tabindex]")]
  .map((el) => [el.className, el.getBoundingClientRect()])
  .filter(([, box]) => box.width && (box.width < 24 || box.height < 24)).map(([name]) => name)"""
SCROLLED = "() => document.querySelector('.jp-Notebook .jp-WindowedPanel-outer').scrollTop"
# The share of the notebook's window that the picture has, up to all of it, and whether what has the focus is on the screen, under nothing.
TOGETHER = """(root) => {
  const outer = root.closest(".jp-WindowedPanel-outer").getBoundingClientRect(), box = (el) => el.getBoundingClientRect();
  const picture = box(root.querySelector(".skiplab-picture")), el = document.activeElement, at = box(el);
  const seen = Math.min(picture.bottom, outer.bottom) - Math.max(picture.top, outer.top);
  const over = document.elementFromPoint(at.x + at.width / 2, at.y + at.height / 2);
  const share = seen / Math.min(picture.height, outer.height);
  return [share, at.top >= outer.top - 1 && at.bottom <= outer.bottom + 1 && (over === el || el.contains(over))];
}"""


@pytest.fixture(scope="module")
def shown(opened):
    """One notebook with all of them."""
    made = opened("access.ipynb", *CELLS)
    wait_for(lambda: made.explorers.count() == len(KINDS))
    made.page.evaluate(SPY)
    seen = {}
    for i, (name, kind) in enumerate(KINDS.items()):
        seen[name] = (Doctor if name == "DoctorExplorer" else Seen)(made.page, made.explorers.nth(i), name[:-8].lower(), kind)
        wait_for(lambda one=seen[name]: one.sentence)
    return seen


def each(shown, subtests, check, names=KINDS):
    """Check one explorer after the other, each a subtest."""
    for name in names:
        with subtests.test(explorer=name):
            shown[name].root.scroll_into_view_if_needed()
            check(shown[name])


def test_no_key_reaches_the_notebook_from_anywhere_in_an_explorer(shown, subtests):
    page = shown["SkipExplorer"].page
    page.evaluate("() => { const { content } = jupyterapp.shell.currentWidget; content.mode = 'command'; content.node.focus(); }")
    page.evaluate("jupyterapp.shell.currentWidget.content.activeCell.node.focus()")
    page.keyboard.press("y")
    assert wait_for(lambda: page.evaluate("window.commands")) == ["notebook:change-cell-to-code"]

    def check(seen):
        page.evaluate("window.commands.length = 0")
        for i in range(seen.root.evaluate(FOCUSABLE)):
            seen.root.evaluate(FOCUS, i)
            for key in ("b", "x", "d", "d", "m", "Shift+M"):
                page.keyboard.press(key)
        page.wait_for_timeout(100)
        assert page.evaluate("window.commands") == []

    each(shown, subtests, check)


def stops(seen):
    """Where Tab leads, from an explorer's first control until it leaves it."""
    seen.root.locator(".skiplab-range:not(:disabled), :checked").first.focus()
    found = []
    for _ in range(100):
        if (where := seen.root.evaluate(WHERE)) is None:
            return found
        found.append(where)
        seen.page.keyboard.press("Tab")
    raise AssertionError(f"no end: {found[-5:]}")


def test_each_group_is_one_tab_stop_with_a_ring(shown, subtests):
    def check(seen):
        seen.start()
        found = stops(seen)
        several = [f".skiplab-dial {i}" for i, dial in enumerate(seen.kind.dials) if isinstance(dial, Pairs)]
        single = [where["group"] for where in found if where["group"] not in several]
        dials = len(seen.kind.dials) - len(seen.greyed) - len(several)
        assert len(set(single)) == len(single) == dials + bool(seen.kind.pad) + bool(seen.kind.tips) + 1
        assert len(found) == len(single) + 3 * len(several)  # from, to, and Add
        assert {where["ring"] for where in found} == {"solid 3px"}

    each(shown, subtests, check)


def test_arrows_walk_a_group_and_stay_in_it(shown, subtests):
    def check(seen):
        seen.start()
        for row in seen.root.locator("[role=toolbar]").all():
            texts = [button.text_content() for button in row.locator("button:not(:disabled), a").all()]
            if not texts:
                continue  # of pairs, of which there are none
            row.locator("button:not(:disabled), a").first.focus()
            for key, order in (("ArrowRight", [*texts[1:], texts[0]]), ("ArrowUp", [*texts[:0:-1], texts[0]])):
                walked = []
                for _ in texts:
                    seen.page.keyboard.press(key)
                    walked.append(seen.root.evaluate(WHERE)["text"])
                assert walked == order
            seen.page.keyboard.press("End")
            assert seen.root.evaluate(WHERE)["text"] == texts[-1]
        for dial in (dial for dial in seen.kind.dials if isinstance(dial, Choice) and dial.name not in seen.greyed):
            seen.option(dial.name, dial.start).locator("input").focus()
            for key in ("ArrowDown", "ArrowLeft", "ArrowUp", "ArrowRight"):
                before = seen.dials[dial.name].locator(":checked").evaluate("(el) => el.nextElementSibling.textContent")
                seen.page.keyboard.press(key)
                assert seen.dials[dial.name].locator(":checked:focus").count() == 1
                assert seen.dials[dial.name].locator(":checked").evaluate("(el) => el.nextElementSibling.textContent") != before

    each(shown, subtests, check)


def test_chosen_and_focused_look_different(shown):
    seen = shown["GradientExplorer"]
    look = "(el) => { const s = getComputedStyle(el); return [s.backgroundColor, s.outlineStyle]; }"
    chosen, other = (seen.option("merge", merge).locator("span") for merge in ("none", "add"))
    seen.start()
    seen.page.locator(".jp-Toolbar button").first.focus()
    assert [seen.root.evaluate(look)[1], chosen.evaluate(look)[1]] == ["none", "none"]
    fill_of_chosen, fill_of_other = (option.evaluate(look)[0] for option in (chosen, other))
    assert fill_of_chosen != fill_of_other
    seen.handle("depth").focus()
    seen.page.keyboard.press("Shift+Tab")
    assert chosen.evaluate(look) == [fill_of_chosen, "solid"]


def test_enter_leads_from_a_slider_to_its_number_and_back(shown):
    seen = shown["SaddleExplorer"]
    seen.start()
    seen.handle("alpha").focus()
    seen.page.keyboard.press("Enter")
    seen.page.keyboard.type("0.5")
    seen.page.keyboard.press("Enter")
    expect(seen.handle("alpha")).to_be_focused()
    assert seen.agrees()["alpha"] == 0.5
    seen.page.keyboard.press("Enter")
    seen.page.keyboard.type("2")
    seen.page.keyboard.press("Escape")
    expect(seen.handle("alpha")).to_be_focused()
    assert seen.agrees()["alpha"] == 0.5


def parts(text):
    return [part.rstrip(".") for part in text.replace(". ", ".\n").split("\n")]


def titles(seen, values):
    """What stands over the panels."""
    frame = seen.kind.frame(**values)
    return [fill(panel["title"], frame) for panel in seen.kind.scene["panels"]]


def test_the_status_tells_the_news_first_and_the_settings_last_and_once(shown, subtests):
    def check(seen):
        seen.start()
        seen.page.wait_for_timeout(600)
        seen.root.evaluate(HEARD)
        text, moves = next(tip for tip in seen.kind.tips if any(seen.starts[name] != value for name, value in tip[1].items()))
        was = titles(seen, seen.starts) + parts(seen.says(seen.starts))
        seen.button(text).click()
        (heard,) = wait_for(lambda seen=seen: seen.root.evaluate("(root) => root.heard"), 30)
        values = seen.agrees()
        labels = [seen.specs[name].label for name in moves if values[name] != seen.starts[name] and name not in seen.greyed]
        said, settings = heard, []
        for label in reversed(labels):
            said, _, value = said.rpartition(f"{label} ")
            settings.append(value)
        assert all(settings), heard
        new = [part for part in titles(seen, values) + parts(seen.says(values)) if part not in was]
        news = [part for part in new if part in said]
        assert news, heard
        assert said.startswith(news[0])
        assert not any(part in said for part in was if not any(part in other for other in news))

    each(shown, subtests, check, TIPPED)


def test_no_sentence_is_read_twice(shown, subtests):
    def check(seen):
        wait_for(lambda seen=seen: seen.status == "", 15)
        name = seen.canvas.get_attribute("aria-label")
        assert name
        assert not [part for part in parts(seen.sentence) if part in name]
        assert seen.root.locator("[aria-label]").evaluate_all("(els) => new Set(els.map((el) => el.ariaLabel)).size === els.length")

    each(shown, subtests, check)


def test_a_table_of_what_is_drawn_is_shown_on_demand(shown, subtests):
    def check(seen):
        seen.start()
        press, place = seen.button("Table").first, seen.root.locator(".skiplab-readings")
        expect(press).to_have_attribute("aria-pressed", "false")
        expect(place).to_be_hidden()
        press.focus()
        seen.page.keyboard.press("Enter")
        expect(press).to_have_attribute("aria-pressed", "true")
        expect(place).to_be_visible()
        assert seen.page.evaluate("(el) => el.scrollWidth <= el.clientWidth + 1", seen.root.element_handle())
        before = place.text_content()
        if seen.kind.tips:
            seen.button(seen.kind.tips[-1][0]).click()
            wait_for(lambda place=place, before=before: place.text_content() != before, 30)
        press.click()
        expect(place).to_be_hidden()

    each(shown, subtests, check)


COLUMNS = """(root) => [...root.querySelectorAll("table")].flatMap((table) => [...table.tHead.rows[0].cells].map((cell, i) =>
  [...table.tBodies[0].rows].map((row) => row.cells[i].textContent).join(" ")))"""
CURVES = {"line": ("y",), "points": ("y",), "band": ("low", "high")}


def named(value, frame):
    """A key of a mark, with the frame's value in place of its name."""
    return frame[value[1:]] if isinstance(value, str) and value.startswith("@") else value


def drawn(scene, frame):
    """What tables are to hold of a picture: the numbers of each curve and of each row of points, and the texts that stand on no axes."""
    for panel in scene["panels"]:
        style = ".3p" if panel["y"].get("power") else ".3g"
        for mark in panel["marks"]:
            if not named(mark.get("when", 1), frame):
                continue
            if panel.get("axes") is False:
                keys = ("x",) if mark["kind"] == "points" and "label" in mark else ()
                if mark.get("text"):
                    yield fill(mark["text"], frame)
            else:
                keys = CURVES.get(mark["kind"], ())
            for key in keys:
                if np.size(named(mark["x"], frame)) > 2:
                    yield [number(v, style) if v == v else "–" for v in named(mark[key], frame)]


def test_the_tables_of_every_explorer_hold_what_its_picture_shows(shown, subtests):
    def check(seen):
        for values in ({}, *(values for _, values in seen.kind.tips[-1:])):
            seen.start(**values)
            seen.button("Table").first.click()
            columns, text = seen.root.evaluate(COLUMNS), seen.root.locator(".skiplab-readings").text_content()
            frame = seen.kind.frame(**seen.starts | values)
            wanted = [] if seen.name == "doctor" else [*drawn(seen.kind.scene, frame)]  # the page itself adds to what the doctor found
            assert [one for one in wanted if isinstance(one, str) and one not in text] == [], values
            assert [one for one in wanted if isinstance(one, list) and " ".join(one) not in columns] == [], values
            seen.button("Table").first.click()

    each(shown, subtests, check)


def swipe(seen, x, y):
    """Drag a finger up over the picture, from so much of its width and height; how far the notebook was scrolled."""
    seen.canvas.scroll_into_view_if_needed()
    box, page = seen.canvas.bounding_box(), seen.page
    before, touch = page.evaluate(SCROLLED), page.context.new_cdp_session(page)
    at = {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}
    for kind, up in [("Start", 0), *(("Move", 12 * step) for step in range(1, 9))]:
        touch.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": [at | {"y": at["y"] - up}]})
        page.wait_for_timeout(30)
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(300)
    return page.evaluate(SCROLLED) - before


def test_touch_scrolls_the_page_but_for_a_map_that_is_dragged(shown, subtests):

    def check(seen):
        seen.start()
        assert swipe(seen, 0.8, 0.5) > 40
        if seen.kind.pad:
            assert seen.values == seen.starts
            assert swipe(seen, 0.2, 0.5) == 0
            assert seen.agrees() != seen.starts

    each(shown, subtests, check)


def test_every_target_is_large_enough(shown, subtests):
    def check(seen):
        assert seen.root.evaluate(SMALL) == []

    each(shown, subtests, check)


def test_zoomed_in_a_dial_and_the_picture_are_on_the_screen_together(shown, subtests):
    page = shown["SkipExplorer"].page
    page.set_viewport_size({"width": 640, "height": 400})  # that of 1280 x 800 at 200 %
    page.evaluate("jupyterapp.shell.collapseLeft()")
    page.wait_for_timeout(500)
    try:

        def check(seen):
            seen.start()
            for name in [*seen.starts, *reversed(seen.starts)]:
                if name in seen.greyed:
                    continue
                seen.dials[name].locator("input, select").first.focus()
                wait_for(lambda seen=seen: together(seen), 15)

        each(shown, subtests, check)
    finally:
        page.set_viewport_size({"width": 1280, "height": 900})
        page.evaluate("jupyterapp.shell.expandLeft()")


def together(seen):
    picture, dial = seen.root.evaluate(TOGETHER)
    return dial and picture > 0.4
