"""A prediction in a real JupyterLab: by mouse and by keys, in both themes, kept by the kernel and said in what is saved."""

import pytest
from lab import ask, wait_for
from looks import axe, overflows, put_on
from playwright.sync_api import expect

ANSWERS = "{name: each.answer for name, each in __import__('skiplab.lesson.predict', fromlist=['asked']).asked.items()}"
CELLS = [
    "from skiplab import predict, reveal",
    'predict("t-p1", "What is left of a gradient behind fifty such blocks?", choices=["nearly nothing of it", "about a half", "all"])',
    'predict("t-p2", "How many steps?", 0, 400, unit="steps")',
    'reveal("t-p1", "about a half")',
    'reveal("t-p2", [17, 20, 12])',
]
SESSION = "jupyterapp.shell.currentWidget.sessionContext"


@pytest.fixture
def made(opened):
    made = opened("predictions.ipynb", *CELLS)
    made.choice, made.number = (made.page.locator(".skiplab-prediction").nth(i) for i in (0, 1))
    made.texts = made.page.locator(".jp-OutputArea-output pre")
    yield made
    made.page.context.close()


def answers(made, *expected):
    wait_for(lambda: tuple(ask(made.page, ANSWERS).values()) == expected, 20)


def test_by_mouse_and_what_was_run_before_the_answer_shows_it_too(made):
    expect(made.texts.first).to_contain_text("No prediction was given this time.")
    for one in (made.choice, made.number):
        expect(one.get_by_role("button")).to_be_disabled()
        expect(one.get_by_role("status")).to_be_empty()
    made.choice.locator(".skiplab-option", has_text="all").click()
    answers(made, None, None)  # the choice is a draft until it is given
    made.choice.get_by_role("button", name="Predict").click()
    expect(made.choice.get_by_role("status")).to_have_text("You predict: all. Answer: about a half.")
    made.number.get_by_role("textbox").fill("30")
    made.number.get_by_role("textbox").press("Enter")
    made.number.get_by_role("button", name="Predict").click()
    expect(made.number.get_by_role("status")).to_have_text("You predict: 30 steps. Measured: 17 [12, 20] steps.")
    answers(made, "all", 30)
    for cell in (1, 2, 3, 4):  # the same question keeps its answer
        made.lab.run_cell(made.page, cell)
    expect(made.choice.get_by_role("radio", name="all")).to_be_checked()
    expect(made.texts.first).to_contain_text("Answer: about a half. You predicted: all.")
    expect(made.texts.last).to_contain_text("You predicted: 30 steps.")
    assert made.page.errors == []


def test_by_keys_and_none_of_them_reaches_the_notebook(made):
    cells = "() => jupyterapp.shell.currentWidget.content.widgets.length"
    before, keys = made.page.evaluate(cells), made.page.keyboard
    made.choice.get_by_role("radio").first.focus()
    for key in ("Space", "ArrowRight", "x", "a", "Tab", "Enter"):
        keys.press(key)
    expect(made.choice.get_by_role("status")).to_contain_text("You predict: about a half.")
    made.number.get_by_role("slider").focus()
    for key in ("Home", "ArrowRight", "x", "Tab", "Enter"):
        keys.press(key)
    expect(made.number.get_by_role("status")).to_contain_text("You predict: 1 steps.")
    answers(made, "about a half", 1)
    assert made.page.evaluate(cells) == before
    assert made.page.errors == []


def test_axe_finds_nothing_and_nothing_sticks_out(made):
    made.choice.locator(".skiplab-option").first.click()
    for width in (760, 1280):
        made.page.set_viewport_size({"width": width, "height": 900})
        made.page.wait_for_timeout(300)
        assert overflows(made.page) == []
    for theme in ("Dark", "Light"):
        put_on(made.page, theme, ".skiplab-prediction")
        assert axe(made.page) == []


def test_saved_without_its_kernel_the_question_is_there(made):
    made.page.evaluate("jupyterapp.commands.execute('docmanager:save')")
    made.page.evaluate(f"{SESSION}.shutdown()")
    again = made.lab.open("predictions.ipynb")
    kept = again.locator(".skiplab-kept")
    expect(kept).to_have_count(2)
    expect(kept.first).to_have_text(
        "What is left of a gradient behind fifty such blocks? (nearly nothing of it · about a half · all) Run this cell to predict."
    )
    expect(kept.first).to_be_visible()
    assert "Error displaying" not in again.evaluate("() => document.querySelector('.jp-Notebook').innerText")
    again.context.close()


CURVE = [
    CELLS[0],
    'predict("t-p3", "How does the error grow?", 0, 100, over={"layers": [8, 20, 32, 56]}, unit="%")',
    'reveal("t-p3", [[1, 5, 20, 45], [3, 6, 30, 40], [2, 9, 40, 70]])',
]


def dark(canvas):
    """How many pixels of the picture are neither paper nor grid."""
    return canvas.evaluate("""(c) => [...c.getContext("2d").getImageData(0, 0, c.width, c.height).data]
      .reduce((sum, v, i) => sum + (i % 4 === 1 && v < 120), 0)""")


def test_a_curve_is_drawn_by_mouse_and_keys_and_what_was_measured_comes_after_it(opened):
    made = opened("curve.ipynb", *CURVE)
    one = made.page.locator(".skiplab-prediction")
    canvas, press, said = one.locator("canvas"), one.get_by_role("button", name="Predict"), one.get_by_role("status")
    expect(press).to_be_disabled()
    box, before = canvas.bounding_box(), dark(canvas)
    mouse, at = made.page.mouse, lambda x, y: (box["x"] + x * box["width"], box["y"] + y * box["height"])
    mouse.move(*at(0.15, 0.8))
    mouse.down()
    mouse.move(*at(0.9, 0.2), steps=2)  # it passes the places in between in one leap
    mouse.up()
    press.click()
    expect(said).to_have_text("You predict: the dashed line. The solid line is what was measured.")
    drawn = ask(made.page, ANSWERS)["t-p3"]
    assert drawn == sorted(drawn)
    assert drawn[0] < 30 < 70 < drawn[-1]
    wait_for(lambda: dark(canvas) > before, 10)
    one.get_by_role("slider", name="layers 8").focus()
    for key in ("Home", "ArrowRight", "x", "Tab", "End"):
        made.page.keyboard.press(key)
    press.click()
    wait_for(lambda: ask(made.page, ANSWERS)["t-p3"][:2] == [2, 100], 20)
    assert ask(made.page, ANSWERS)["t-p3"][2:] == drawn[2:]
    its = "__import__('skiplab.lesson.predict', fromlist=['asked']).asked['t-p3']"
    assert ask(made.page, f"{its}.ghosts") == [drawn]
    for theme in ("Dark", "Light"):
        put_on(made.page, theme, ".skiplab-prediction")
        assert axe(made.page) == []
    assert overflows(made.page) == []
    assert made.page.errors == []
    made.page.context.close()
