"""The stage: every explorer alone on the full screen, for a hall, with nothing past the fold and nothing too small for the last row."""

import re

import pytest
from lab import Doctor, Seen, wait_for
from looks import axe, crowded, listen, put_on
from playwright.sync_api import expect

import skiplab
from skiplab.scene.template import fill

ALL = (getattr(skiplab, name) for name in skiplab.__all__ if name.endswith("Explorer"))
KINDS = {kind.__module__.rpartition(".")[2]: kind for kind in ALL}
CELLS = [f"from skiplab import {kind.__name__}\n{name} = {kind.__name__}()\n{name}" for name, kind in KINDS.items()]
TEXT, HEADLINE = 0.032, 0.05  # of the screen's height, at least
STAGED = re.compile("skiplab-staged")
# What is wrong with what is shown: too small, past the edge of the screen, cut off, or over another part.
FAULTS = """([text, headline]) => {
  const root = document.querySelector(".skiplab-staged"), [wide, high] = [window.innerWidth, window.innerHeight];
  const hidden = (el) => el.matches(".skiplab-live, style") || !el.checkVisibility({ opacityProperty: true });
  const shown = [...root.querySelectorAll("*")].filter((el) => !hidden(el));
  const says = (el) => el.matches(".skiplab-field") || [...el.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  const small = (el) => parseFloat(getComputedStyle(el).fontSize) < (el.matches(".skiplab-headline") ? headline : text) * high;
  const past = ({ left, top, right, bottom }) => left < -1 || top < -1 || right > wide + 1 || bottom > high + 1;
  const cut = (el) => (el.clientWidth && el.scrollWidth > el.clientWidth + 1)
    || (el.matches(".skiplab-headline, .skiplab-tip") && el.scrollHeight > el.clientHeight + 3);
  const box = (el) => el.getBoundingClientRect(), name = (el) => `${el.className}: ${el.textContent.slice(0, 40)}`;
  const meet = (a, b, from, to) => Math.min(a[to], b[to]) - Math.max(a[from], b[from]) > 1;
  const over = (a, b) => meet(a, b, "left", "right") && meet(a, b, "top", "bottom");
  const words = root.querySelector("canvas").words.filter(({ size }) => size < (text * high - 0.01) * devicePixelRatio);
  const parts = shown.filter((el) => el.matches(".skiplab-headline, .skiplab-dial, .skiplab-picture, .skiplab-tips, .skiplab-tools > *"));
  return [
    ...shown.filter((el) => says(el) && small(el)).map((el) => ["small", name(el)]), ...words.map((word) => ["small", word.text]),
    ...shown.filter((el) => past(box(el))).map((el) => ["past the edge", name(el)]),
    ...shown.filter(cut).map((el) => ["cut off", name(el)]),
    ...parts.flatMap((a, i) => parts.slice(0, i).filter((b) => over(box(a), box(b))).map((b) => ["over", name(a), name(b)])),
  ];
}"""


AT_REST = """async (canvas) => {
  const before = JSON.stringify(canvas.words);
  await new Promise((done) => setTimeout(done, 100));
  return before === JSON.stringify(canvas.words);
}"""


@pytest.fixture(scope="module")
def shown(opened):
    """One notebook with every explorer."""
    made = opened("stage.ipynb", *CELLS)
    wait_for(lambda: made.explorers.count() == len(KINDS))
    listen(made.page)
    return {
        name: (Doctor if name == "doctor" else Seen)(made.page, made.explorers.nth(i), name, kind)
        for i, (name, kind) in enumerate(KINDS.items())
    }


@pytest.fixture
def page(shown):
    """Its page, on which the stage is left again afterwards."""
    page = shown["saddle"].page
    page.set_viewport_size({"width": 1280, "height": 800})
    yield page
    page.keyboard.press("Escape")
    expect(page.locator(".skiplab-staged")).to_have_count(0)
    put_on(page, "Light")


def enter(seen):
    """By the key, with the focus on the picture."""
    seen.canvas.focus()
    seen.page.keyboard.press("f")
    expect(seen.root).to_have_class(STAGED)


def faults(seen):
    """What is wrong on the stage, once the picture shows the setting in the size of its place."""
    expect(seen.root).not_to_have_class(re.compile("skiplab-stale"))
    wait_for(lambda: seen.canvas.evaluate("(c) => c.width === c.clientWidth && c.clientHeight === c.parentElement.clientHeight"), 20)
    wait_for(lambda: seen.canvas.evaluate(AT_REST), 20)
    return seen.page.evaluate(FAULTS, [TEXT, HEADLINE]) + crowded(seen.canvas)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(("width", "height", "theme", "most"), [(1280, 800, "Light", 8), (1920, 1080, "Dark", 1)])
def test_all_is_seen_from_the_last_row(shown, page, name, width, height, theme, most, subtests):
    seen = shown[name]
    page.set_viewport_size({"width": width, "height": height})
    put_on(page, theme)
    seen.start()
    enter(seen)
    for digit in range(min(most, len(seen.kind.tips)) + 1):
        with subtests.test(tip=digit):
            if digit:
                page.keyboard.press(str(digit))
                expect(seen.root.locator(".skiplab-tips button").nth(digit - 1)).to_have_attribute("aria-pressed", "true")
            assert faults(seen) == []
    page.keyboard.press("d")
    expect(seen.root.locator(".skiplab-dials")).to_be_visible()
    with subtests.test(dials="open"):
        assert faults(seen) == []
        assert axe(page) == []


def where(page):
    """How far the notebook is scrolled, whether the page is full screen, and what has the focus."""
    return page.evaluate("""() => [document.querySelector(".jp-WindowedPanel-outer").scrollTop, !!document.fullscreenElement,
      document.activeElement.textContent.slice(0, 5)]""")


def test_the_stage_is_left_for_where_it_began(shown, page, subtests):
    seen = shown["gate"]
    for leave in ("Escape", "f", "Leave", "the browser's own way"):
        with subtests.test(leave=leave):
            seen.button("Stage").scroll_into_view_if_needed()
            seen.button("Stage").focus()
            page.wait_for_timeout(300)  # JupyterLab scrolls to what has the focus
            before = where(page)
            page.keyboard.press("Enter")
            wait_for(lambda: where(page)[1])
            expect(seen.root).to_have_class(STAGED)
            for key in ("PageDown", "PageDown", "PageUp") if leave == "Escape" else ():
                page.keyboard.press(key)
            if leave == "Leave":
                seen.button("Leave").click()
            elif "browser" in leave:
                page.evaluate("document.exitFullscreen()")
            else:
                page.keyboard.press(leave)
            expect(page.locator(".skiplab-staged")).to_have_count(0)
            wait_for(lambda before=before: where(page) == before, 5)


def test_where_the_full_screen_is_refused_the_page_is_filled(shown, page):
    page.evaluate("() => { document.documentElement.requestFullscreen = () => Promise.reject(new TypeError('refused')) }")
    try:
        enter(shown["skip"])
        assert not where(page)[1]
        assert faults(shown["skip"]) == []
        page.keyboard.press("Escape")
        expect(page.locator(".skiplab-staged")).to_have_count(0)
    finally:
        page.evaluate("delete document.documentElement.requestFullscreen")


def test_a_presenters_remote_steps_through_the_explorers_of_the_page(shown, page):
    first, *others = shown.values()
    enter(first)
    page.keyboard.press("PageUp")  # there is none before it
    expect(first.root).to_have_class(STAGED)
    for key, row in (("PageDown", [*others, others[-1]]), ("PageUp", [*reversed(others[:-1]), first])):
        for seen in row:
            page.keyboard.press(key)
            expect(seen.root).to_have_class(STAGED)
            expect(page.locator(".skiplab-staged")).to_have_count(1)
            expect(seen.root.locator(".skiplab-headline")).to_be_visible()


def test_digits_choose_tips_and_rest_while_a_number_is_typed(shown, page):
    seen = shown["saddle"]
    seen.start()
    seen.field("alpha").focus()
    page.keyboard.press("f")
    page.keyboard.press("1")
    expect(page.locator(".skiplab-staged")).to_have_count(0)
    assert seen.agrees() == seen.starts
    enter(seen)
    tips, headline = seen.root.locator(".skiplab-tips button"), seen.root.locator(".skiplab-headline")
    for digit, (_, values) in enumerate(seen.kind.tips, 1):
        page.keyboard.press(str(digit))
        assert seen.agrees() == seen.starts | values
        assert [tip.get_attribute("aria-pressed") for tip in tips.all()] == [str(tip + 1 == digit).lower() for tip in range(tips.count())]
        expect(headline).to_have_text(fill(seen.kind.scene["panels"][0]["title"], seen.kind.frame(**seen.values)))
    page.keyboard.press("9")
    page.keyboard.press("d")
    seen.field("alpha").fill("2")
    page.keyboard.press("d")
    page.keyboard.press("Backspace")
    page.keyboard.press("Enter")
    assert seen.agrees()["alpha"] == 2
    assert "true" not in [tip.get_attribute("aria-pressed") for tip in tips.all()]
    page.keyboard.press("PageUp")
    expect(shown["residual"].root).to_have_class(STAGED)


def test_dials_are_reached_by_keyboard_and_the_picture_takes_their_place_again(shown, page):
    seen = shown["lag"]
    seen.start()
    enter(seen)
    wide = seen.canvas.evaluate("(c) => c.clientWidth")
    page.keyboard.press("d")
    expect(seen.option("cell", "rnn").locator("input")).to_be_focused()
    seen.shows_another(lambda: page.keyboard.press("ArrowRight"))
    assert seen.agrees()["cell"] == "lag"
    assert seen.canvas.evaluate("(c) => c.clientWidth") < 0.7 * wide
    page.keyboard.press("d")
    wait_for(lambda: seen.canvas.evaluate("(c) => c.clientWidth") == wide)
    expect(seen.root).to_be_focused()


def test_what_went_wrong_is_read_from_the_last_row_too(shown, page):
    seen = shown["saddle"]
    seen.start(length=3)
    enter(seen)
    page.keyboard.press("d")
    seen.option("form", "pair").click()
    alert = seen.root.locator(".skiplab-error")
    expect(alert).to_have_text("length: form 'pair' needs an even number of weights, got 3.")
    assert alert.evaluate("(el) => parseFloat(getComputedStyle(el).fontSize)") >= TEXT * 800
    seen.option("form", "block").click()
    expect(alert).to_be_hidden()


def test_a_map_is_clicked_on_the_stage_too(shown, page):
    seen = shown["saddle"]
    seen.start()
    enter(seen)
    box = seen.canvas.bounding_box()
    seen.shows_another(lambda: page.mouse.click(box["x"] + 0.6 * box["width"], box["y"] + 0.2 * box["height"]))
    values = seen.agrees()
    assert (values["w1"], values["w2"]) != (seen.starts["w1"], seen.starts["w2"])


def test_it_goes_on_where_the_kernel_has_gone(shown, page):
    page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    expect(shown["residual"].button("Train this one now")).to_be_disabled()
    enter(shown["residual"])
    said = shown["residual"].root.locator(".skiplab-headline").text_content()
    page.keyboard.press("3")
    expect(shown["residual"].root.locator(".skiplab-headline")).not_to_have_text(said)


def test_the_console_stayed_quiet(shown):
    assert shown["saddle"].page.errors == []
