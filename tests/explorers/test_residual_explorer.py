"""The residual explorer shows the sweep's numbers, and trains the net of its dials when asked."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest

from skiplab import ResidualExplorer, sweeps
from skiplab.base.grid import Grid
from skiplab.explorers import residual
from skiplab.explorers.residual import DEPTHS, LOOKS, MERGES, TEST, TRAIN
from skiplab.scene.paint import _value
from skiplab.sweeps import residual as sweep
from skiplab.train.progress import Progress

STARTS = {dial.name: dial.start for dial in ResidualExplorer.dials}


def frame(**moved):
    return ResidualExplorer.frame(**(STARTS | moved))


CELLS = [
    {"depth": 56, "steps": 75}, {"depth": 8, "steps": 15, "init": "identity", "norm": "batch"},
    {"depth": 20, "steps": 120, "init": "fixup", "gamma": "1/√L"}, {"depth": 32, "steps": 60, "gamma": "1/L", "norm": "batch"},
]  # fmt: skip


def test_curves_are_the_sweeps_medians_and_ranges():
    for merge, moved in itertools.product(MERGES, CELLS):
        shown, where = frame(merge=merge, **moved), {"init": "he", "norm": "none", "gamma": "1", **moved, "merge": merge}
        where["gamma"] = where["gamma"] if merge == "add" else "1"
        steps, depth = where.pop("steps"), where.pop("depth")
        for which, percent in (("train", TRAIN), ("test", TEST)):
            errors = percent.at(depth=depth, **where)
            for part, expected in (("", errors.median("seeds")), ("_low", errors.low("seeds")), ("_high", errors.high("seeds"))):
                assert shown[which + part] == pytest.approx(expected.array, abs=1e-2), (merge, moved, which + part)
        now = TRAIN.at(steps=steps, **where)  # depth, seeds
        assert shown["depths"] == pytest.approx(now.median("seeds").array, abs=1e-2), (merge, moved)
        for name, expected in (("_low", now.low("seeds")), ("", now.median("seeds")), ("_high", now.high("seeds"))):
            assert shown[f"train_now{name}"] == pytest.approx(expected.at(depth=depth), abs=1e-2), (merge, moved, name)


@pytest.mark.parametrize(("moved", "said"), [
    ({"depth": 56}, "56 layers train worse than 20"),
    ({"merge": "add", "depth": 56}, "56 layers train worse than 20"),
    ({"merge": "add", "gamma": "1/√L", "depth": 56}, "56 layers train neither better nor worse than 20"),
    ({"init": "fixup"}, "20 and 56 layers learn next to nothing"),
])  # fmt: skip
def test_the_verdict_is_said(moved, said):
    assert said in ResidualExplorer(**moved).snapshot()[0]


def verdicts(wrong):
    """Of errors in per cent, (depths, seeds, steps)."""
    return residual._verdict(Grid(wrong, depth=DEPTHS, seeds=range(8), steps=range(wrong.shape[-1]))).array.tolist()


def test_better_than_is_said_where_every_seed_is():
    wrong = np.full((len(DEPTHS), 8, 2), 50.0)
    wrong[-1, :, 1] = 40
    assert verdicts(wrong) == [1, 2]
    assert verdicts(100 - wrong) == [1, 0]


def test_where_all_guess_that_is_said_and_not_that_depth_makes_no_difference():
    wrong = np.full((len(DEPTHS), 8, 3), 89.0)
    wrong[DEPTHS.index(56), :, 1] = 95
    wrong[DEPTHS.index(20), :, 2] = np.linspace(60, 91, 8)
    assert verdicts(wrong) == [3, 0, 1]


def drawn(panel, shown):
    """The panel's marks that are drawn, with the frame's values in place of their names."""
    marks = ResidualExplorer.scene["panels"][panel]["marks"]
    marks = [{name: _value(value, shown) for name, value in mark.items()} for mark in marks]
    return [mark for mark in marks if mark.get("when", True)]


@pytest.mark.parametrize("panel", [0, 1, 2])
def test_every_panel_shows_what_guessing_gives(panel):
    marks = drawn(panel, frame())
    assert [90, 90] in [mark["y"] for mark in marks if mark["kind"] == "line"]
    assert [mark["text"] for mark in marks if mark["kind"] == "text" and "guessing" in mark["text"]] == ["guessing, 90 %"]


@pytest.mark.parametrize("chosen", MERGES)
def test_lines_upon_one_another_are_both_seen_and_the_legend_draws_them_as_they_are(chosen):
    for panel in range(3):
        medians = [mark for mark in drawn(panel, frame(merge=chosen)) if mark["kind"] == "line" and "label" in mark]
        assert [mark["color"] for mark in medians] == [residual.LOOK[m].color for m in (chosen, *(m for m in MERGES if m != chosen))]
        assert medians[0]["width"] > 2 * max(mark["width"] for mark in medians[1:])


@pytest.mark.parametrize("at", range(len(LOOKS) - 1))
def test_words_at_the_top_do_not_meet(at):
    """In a panel 262 px wide, as on a screen of 700 px, with letters of 7 px."""
    shown = frame(steps=LOOKS[1:][at], depth=DEPTHS[at % 4])
    for panel, wide in ((0, 123), (2, 52)):
        spans = []
        for mark in (mark for mark in drawn(panel, shown) if mark["kind"] == "text"):
            width = 7 * wide / 262 * len(mark["text"].replace("{steps:d}", "120").replace("{depth:d}", "56"))
            spans.append((mark["x"], mark["x"] + width) if mark["align"] == "left" else (mark["x"] - width, mark["x"]))
        spans.append(2 * [shown["depth" if panel else "steps"]])
        spans.sort(key=sum)
        assert all(one[1] < other[0] for one, other in itertools.pairwise(spans))


def test_the_dot_stands_on_the_line_of_its_dial_at_the_number_of_the_title():
    shown = frame(steps=60, depth=32)
    for panel, x, y in ((0, 60, "train_now"), (1, 60, "test_now"), (2, 32, "train_now")):
        dot = drawn(panel, shown)[-1]
        assert (dot["kind"], dot["color"], list(dot["x"]), list(dot["y"])) == ("points", "ink", [x], [shown[y]])


def test_the_block_is_small():
    assert len(ResidualExplorer()._block) < 200_000


@pytest.fixture
def quick(monkeypatch):
    """Trainings that take no time: the errors are those of the sweep, and whoever watches is asked at each look."""
    asked = []

    def cell(watch, **where):
        asked.append(where)
        for look, step in enumerate(LOOKS, 1):
            errors = (sweeps.load("residual")[which].at(**where, steps=LOOKS[:look]).array for which in ("train", "test"))
            if watch(Progress(step, LOOKS[-1], np.zeros((8, step + 1)), np.array(LOOKS[:look]), *errors)):
                return SimpleNamespace(stopped="cancelled", steps_made=step)
        return SimpleNamespace(stopped="")

    monkeypatch.setattr(sweep, "cell", cell)
    return asked


def test_train_this_one_adds_the_curves_it_finds(quick):
    explorer = ResidualExplorer(merge="add", gamma="1/√L", depth=32)
    explorer.press().settle()
    assert quick == [{"depth": 32, "merge": "add", "gamma": "1/√L", "init": "he", "norm": "none"}]
    live = explorer._live
    assert live["values"] == {name: value for name, value in explorer.values.items() if name != "steps"}
    assert live["numbers"]["live_train"] == pytest.approx(frame(**explorer.values)["train"], abs=1e-2)
    assert list(live["numbers"]["live_x"]) == list(LOOKS)
    assert explorer._done == "8 seeds, 120 steps: the dashed line"
    assert (explorer._error, explorer._doing) == ({}, "")


def test_a_training_that_is_stopped_keeps_what_it_has(quick, monkeypatch):
    explorer, real = ResidualExplorer(), sweep.cell

    def slow(watch, **where):
        return real(**where, watch=lambda now: (now.step == LOOKS[3] and explorer._press._stopped.set()) or watch(now))

    monkeypatch.setattr(sweep, "cell", slow)
    explorer.press().settle()
    assert list(explorer._live["numbers"]["live_x"]) == list(LOOKS[:4])
    assert explorer._done == "stopped after 45 steps"


def test_a_real_training_that_is_stopped_prints_nothing(monkeypatch, capfd):
    explorer, real = ResidualExplorer(depth=8), sweep.cell
    monkeypatch.setattr(sweep, "cell", lambda watch, **where: real(**where, watch=lambda now: explorer._press._stopped.set() or watch(now)))
    explorer.press().settle()
    assert explorer._done == "stopped after 0 steps"
    assert list(explorer._live["numbers"]["live_x"]) == [0]
    assert capfd.readouterr().out == ""


@pytest.mark.slow
def test_the_real_training_lies_on_the_shipped_curve():
    explorer = ResidualExplorer(depth=8)
    explorer.press().settle(300)
    found = np.array(explorer._live["numbers"]["live_train"])
    shown = frame(depth=8)
    assert ((shown["train_low"] - 3 <= found) & (found <= shown["train_high"] + 3)).all()
