"""A panel appears for long trainings in a notebook, and nowhere else; what it says is right."""

import re
import subprocess
import sys
import threading
import xml.etree.ElementTree
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from alone import digits, linear

from skiplab.train import fit, loop, progress
from skiplab.train.progress import Panel, Progress, curve

IPython = pytest.importorskip("IPython")


@pytest.fixture
def notebook(monkeypatch):
    """As in a notebook: a list of what is displayed."""
    shown = []
    monkeypatch.delenv("SKIPLAB_STRICT", raising=False)
    monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(kernel=None))
    monkeypatch.setattr(IPython.display, "display", lambda box, display_id: shown.append(box))
    monkeypatch.setattr(loop, "TICK", 0)
    return shown


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes on by `clock.step` seconds each time it is read."""
    clock = SimpleNamespace(now=0.0, step=0.0)

    def read():
        clock.now += clock.step
        return clock.now

    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=read))
    return clock


def text(panel):
    return re.sub(r"(?s)<style>.*</style>|<svg.*</svg>|<[^>]+>", " ", panel._text.value).strip()


def test_a_panel_is_for_a_notebooks_main_thread(notebook, monkeypatch):
    assert isinstance(progress.default(), Panel)
    elsewhere = []
    thread = threading.Thread(target=lambda: elsewhere.append(progress.default()))
    thread.start()
    thread.join()
    assert elsewhere == [None]
    monkeypatch.setenv("SKIPLAB_STRICT", "1")
    assert progress.default() is None
    monkeypatch.setenv("SKIPLAB_STRICT", "0")
    assert progress.default() is not None


@pytest.mark.parametrize("shell", [None, SimpleNamespace()])
def test_there_is_no_panel_without_a_kernel(notebook, monkeypatch, shell):
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    assert progress.default() is None


def test_a_script_loads_no_ipython():
    code = "import sys; from skiplab.train import progress; assert progress.default() is None; print('IPython' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_a_short_training_shows_nothing(notebook, clock):
    fit(linear, *digits(), seeds=2, steps=20, loss="cross_entropy")
    assert notebook == []


def test_a_long_training_shows_one_panel(notebook, clock, capfd):
    clock.step = 0.1
    run = fit(linear, *digits(), seeds=3, steps=40, loss="cross_entropy")
    (box,) = notebook
    button, bar, html = box.children
    assert "skiplab-progress" in box._dom_classes
    assert (bar.value, button.disabled) == (1.0, True)
    assert "step 40 of 40 · done in" in html.value
    assert f"3 networks · median loss {np.median(run.losses[:, -1]):.3g}" in html.value
    assert capfd.readouterr() == ("", "")


def test_a_watch_of_ones_own_stands_for_the_panel(notebook, clock):
    clock.step = 0.1
    fit(linear, *digits(), seeds=2, steps=40, loss="cross_entropy", watch=lambda now: None)
    assert notebook == []


def at(step, steps, losses):
    """A `Progress` without errors."""
    return Progress(step, steps, np.array(losses), *[np.zeros(0)] * 3)


def shown(panel, clock, now):
    """The panel, told something after its patience has run out."""
    clock.now += 2 * progress.PATIENCE
    panel(now)
    return panel


def test_it_says_how_far_and_how_long(notebook, clock):
    panel = Panel()
    panel(at(0, 1000, np.ones((2, 1))))
    clock.now = 10.0
    panel(at(100, 1000, np.array([[1.0, 0.5], [1.0, 0.25]])))
    assert text(panel) == "step 100 of 1,000 · about 90 s left 2 networks · median loss 0.375"
    assert panel._bar.value == 0.1
    clock.now = 100.0
    panel(at(200, 1000, np.ones((2, 3))))
    assert "about 7 min left" in text(panel)


@pytest.mark.parametrize(
    ("step", "words"),
    [(0, "part 1 of 6, step 0"), (75, "part 1 of 6, step 75"), (76, "part 2 of 6, step 1"), (450, "part 6 of 6, step 75")],
)
def test_settings_one_after_the_other_are_parts(notebook, clock, step, words):
    panel = shown(Panel(6), clock, at(1, 450, np.ones((2, 2))))
    panel(at(step, 450, np.ones((2, 3))))
    assert f"{words} of 75 · " in text(panel)
    assert panel._bar.value == step / 450


def test_a_training_of_several_stacks_says_so(notebook, clock):
    clock.step = 0.1
    widths = {name: {"width": width} for name, width in (("narrow", 3), ("wide", 4))}
    make = lambda width: torch.nn.Sequential(torch.nn.Linear(4, width), torch.nn.Linear(width, 3))  # noqa: E731
    fit(make, *digits(), seeds=2, steps=20, loss="cross_entropy", settings=widths)
    (box,) = notebook
    assert "part 2 of 2, step 20 of 20 · done in" in box.children[2].value


def test_what_was_done_before_does_not_count_as_speed(notebook, clock):
    panel = Panel()
    panel(at(900, 1000, np.ones((2, 1))))
    clock.now = 10.0
    panel(at(910, 1000, np.ones((2, 2))))
    assert "about 90 s left" in text(panel)


def test_stop_stops_and_keeps_what_was_trained(notebook, monkeypatch, clock):
    clock.step = 0.1

    def click(box, display_id):
        notebook.append(box)
        threading.Thread(target=box.children[0].click).start()

    monkeypatch.setattr(IPython.display, "display", click)
    run = fit(linear, *digits(), seeds=2, steps=100_000, minutes=1e6, loss="cross_entropy")
    assert run.stopped == "cancelled"
    assert run.outputs(digits()[0]).isfinite().all()
    button, _, html = notebook[0].children
    assert button.disabled
    assert f"step {run.steps_made} of 100,000 · stopped" in html.value


def test_a_click_goes_where_the_page_sends_it(notebook, clock):
    button = shown(Panel(), clock, at(1, 9, np.ones((2, 2))))._button
    assert button.comm._reply_subshell_for({"method": "custom"}, "the free one") == "the free one"


@pytest.mark.parametrize(
    ("reason", "step", "words"),
    [("cancelled", 3, "stopped"), ("interrupted", 3, "interrupted"), ("", 3, "ended early"), ("", 9, "done in 12 s")],
)
def test_its_last_word(notebook, clock, reason, step, words):
    panel = shown(Panel(), clock, at(1, 9, np.ones((2, 2))))
    panel(at(step, 9, np.ones((2, 4))))
    clock.now = 12.0
    panel.end(reason)
    assert f"step {step} of 9 · {words}" in text(panel)
    assert panel._button.disabled


@pytest.mark.parametrize(("fault", "words"), [(KeyboardInterrupt, "ended early"), (ValueError, "ended early")])
def test_it_does_not_wait_for_what_was_broken_off(notebook, clock, fault, words, monkeypatch):
    def broken(*args):
        if notebook:
            raise fault
        return torch.zeros(2)

    clock.step = 0.1
    monkeypatch.setattr(loop.Training, "_move", lambda self: broken() is None)
    with pytest.raises(fault):
        fit(linear, *digits(), seeds=2, steps=1000, loss="cross_entropy")
    button, _, html = notebook[0].children
    assert button.disabled
    assert words in html.value


def test_lost_networks_are_counted(notebook, clock):
    panel = shown(Panel(), clock, at(1, 9, np.array([[1.0, 0.5], [1.0, np.nan], [1.0, np.inf]])))
    assert text(panel).endswith("3 networks (2 diverged) · median loss 0.5")
    panel(at(2, 9, np.full((3, 3), np.nan)))
    assert text(panel).endswith("3 networks · no loss is finite")


def points(svg):
    line = xml.etree.ElementTree.fromstring(svg).find("polyline")
    return np.array([list(map(float, pair.split(","))) for pair in line.get("points").split()])


def test_the_curve_is_the_median_on_a_log_axis():
    losses = np.array([[1000.0, 10.0, 1.0], [1000.0, 100.0, 10.0], [1000.0, 1000.0, 100.0]])
    x, y = points(curve(losses, 102, 38)).T
    assert x.tolist() == [2, 51, 100]
    assert y.tolist() == [4, 19, 34]  # 1000, 100, 10: equal ratios are equal distances, the largest at the top
    assert "aria-label" in curve(losses)


def test_the_curve_has_no_more_points_than_room_and_ends_where_the_loss_is():
    x, y = points(curve(np.linspace(9, 1, 12_345)[None], 50)).T
    assert len(x) == 50
    assert (np.diff(y) > 0).all()
    assert y[-1] == 36 - 4


def test_the_curve_leaves_out_what_is_no_number():
    for losses, count in (
        ([[1.0]], 0), ([[np.nan] * 2], 0), ([[1.0, np.inf, 0.5]], 2), ([[0.0, 0.0]], 2), ([[2.0, 1.0], [np.nan, 1.0]], 2),
    ):  # fmt: skip
        drawn = curve(np.array(losses))
        assert (len(points(drawn)) if drawn else 0) == count, losses
