"""The residual explorer shows the sweep's numbers, and trains the net of its dials when asked."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest

from skiplab import ResidualExplorer, sweeps
from skiplab.base.grid import Grid
from skiplab.base.rates import window
from skiplab.explorers import residual
from skiplab.explorers.residual import ADDS, DEPTHS, LOOKS, LRS, MERGES, TEST, TRAIN
from skiplab.scene.paint import _value
from skiplab.scene.template import fill
from skiplab.sweeps import residual as sweep
from skiplab.train.progress import Progress

STARTS = {dial.name: dial.start for dial in ResidualExplorer.dials}


def frame(**moved):
    return ResidualExplorer.frame(**(STARTS | moved))


CELLS = [
    {"depth": 56}, {"depth": 8, "steps": 150, "init": "identity", "norm": "batch", "lr": 3e-3},
    {"depth": 20, "steps": 300, "init": "fixup", "gamma": "1/√L", "lr": 3e-4}, {"depth": 56, "steps": 225, "gamma": "1/L", "norm": "batch"},
]  # fmt: skip
PARTS = {"": "median", "_low": "low", "_high": "high"}


def measured(merge, gamma="1", **where):
    """(training, test) errors of what the dials mean, in per cent: Grids."""
    return [percent.at(merge=ADDS[gamma] if merge == "add" else merge, **where) for percent in (TRAIN, TEST)]


def test_curves_are_the_sweeps_medians_and_ranges():
    for merge, moved in itertools.product(MERGES, CELLS):
        shown = frame(merge=merge, **moved)
        where = {name: STARTS[name] for name in ("depth", "init", "norm", "lr", "steps", "gamma")} | moved
        steps, depth, lr = (where.pop(name) for name in ("steps", "depth", "lr"))
        train, test = measured(merge, **where)
        here, now = train.at(depth=depth, lr=lr), train.at(steps=steps)
        depths = now.at(lr=lr, depth=[each for each in DEPTHS if each <= depth])
        for part, of in PARTS.items():
            for name, grid in (("train", here), ("train_now", here.at(steps=steps)), ("rates", now.at(depth=depth)), ("depths", depths)):
                found, expected = np.atleast_1d(shown[name + part]), np.atleast_1d(getattr(grid, of)("seeds"))
                assert found[: len(expected)] == pytest.approx(expected, abs=1e-2), (merge, moved, name + part)
                assert np.isnan(found[len(expected) :]).all(), (merge, moved, name + part)
        assert shown["test"] == pytest.approx(test.at(depth=depth, lr=lr).median("seeds").array, abs=1e-2), (merge, moved)
        assert shown["test_now"] == pytest.approx(test.at(depth=depth, lr=lr, steps=steps).median("seeds"), abs=1e-2), (merge, moved)


def test_the_bars_of_good_rates_are_their_windows():
    for merge, moved in itertools.product(MERGES, CELLS):
        where = {name: STARTS[name] for name in ("depth", "init", "norm", "steps", "gamma")} | moved
        where.pop("lr", None)
        first, last = (LRS.index(lr) for lr in window(measured(merge, **where)[0], residual.GOOD))
        shown = frame(merge=merge, **moved)
        assert (shown[f"{merge}_from"], shown[f"{merge}_to"]) == pytest.approx((first - 0.3, last + 0.3))
        assert shown["good"] == last - first + 1


def test_nothing_deeper_is_given_away_before_the_reader_goes_there():
    shown = ResidualExplorer()
    assert np.isnan(frame()["none_depths"][1:]).all()
    assert "layers train" not in shown.snapshot()[0]
    assert "56 layers train worse than 20" in ResidualExplorer(depth=56).snapshot()[0]


def test_labels_at_the_ends_of_lines_never_meet():
    table = ResidualExplorer.table().arrays
    places = np.sort([table[f"{merge}_label"][1] for merge in MERGES], 0)
    assert np.diff(places, axis=0).min() > residual.APART - 0.01
    assert residual.FOOT - 0.01 <= places.min() < places.max() <= residual.TOP + 0.01


def verdicts(wrong):
    """Of errors in per cent, (depths, seeds, steps), what is said of the deepest."""
    return residual._verdict(Grid(wrong, depth=DEPTHS, seeds=range(8), steps=range(wrong.shape[-1]))).at(depth=56).array.tolist()


def test_better_or_worse_is_said_where_every_seed_is():
    wrong = np.full((len(DEPTHS), 8, 2), 50.0)
    wrong[-1, :, 1] = 40
    assert verdicts(wrong) == [1, 2]
    assert verdicts(100 - wrong) == [1, 0]


def test_where_all_guess_that_is_said_and_not_that_depth_makes_no_difference():
    wrong = np.full((len(DEPTHS), 8, 3), 89.0)
    wrong[DEPTHS.index(56), :, 1] = 95
    wrong[DEPTHS.index(20), :, 2] = np.linspace(60, 91, 8)
    assert verdicts(wrong) == [3, 0, 1]


def test_every_verdict_has_its_words():
    words = [fill(residual._VERDICT, {"verdict": verdict, "depth": 56}) for verdict in range(5)]
    assert len(set(words)) == 5
    assert words[4] == ""
    assert all("56 layers" in said and "20" in said for said in words[:4])
    titles = [fill(residual._TITLE, {"verdict": verdict, "depth": 56}) for verdict in range(5)]
    assert titles[0] == "56 layers train worse than 20"
    assert len(set(titles)) == 5


def drawn(panel, shown):
    """The panel's marks that are drawn, with the frame's values in place of their names."""
    marks = ResidualExplorer.scene["panels"][panel]["marks"]
    marks = [{name: _value(value, shown) for name, value in mark.items()} for mark in marks]
    return [mark for mark in marks if mark.get("when", True)]


@pytest.mark.parametrize("chosen", MERGES)
def test_lines_upon_one_another_are_both_seen(chosen):
    for panel, rows in ((0, "depths"), (1, "rates"), (2, "train")):
        shown = frame(merge=chosen, depth=56)
        rows = [list(shown[f"{m}_{rows}"]) for m in (chosen, *(m for m in MERGES if m != chosen))]
        medians = [mark for mark in drawn(panel, shown) if mark["kind"] == "line" and list(mark["y"]) in rows]
        colours = [residual.LOOK[m].color for m in (chosen, *(m for m in MERGES if m != chosen))]
        assert [mark["color"] for mark in medians] == colours
        assert medians[0]["width"] > 2 * max(mark["width"] for mark in medians[1:])


def test_the_dot_stands_on_the_line_of_its_dial_at_the_number_of_the_title():
    shown = frame(steps=150, depth=56, lr=3e-3)
    for panel, x in ((0, 56), (1, 2), (2, 150)):
        dot = drawn(panel, shown)[-1]
        assert (dot["kind"], dot["color"], list(dot["x"]), list(dot["y"])) == ("points", "ink", [x], [shown["train_now"]])


def test_the_block_is_small():
    assert len(ResidualExplorer()._block) < 200_000


@pytest.fixture
def quick(monkeypatch):
    """Trainings that take no time: the errors are those of the sweep, and whoever watches is asked at each look."""
    asked = []

    def cell(watch, **where):
        asked.append(dict(where))
        assert where.pop("every") == 25
        for look, step in enumerate(LOOKS, 1):
            errors = (sweeps.load("residual")[which].at(**where, steps=LOOKS[:look]).array for which in ("train", "test"))
            if watch(Progress(step, LOOKS[-1], np.zeros((8, step + 1)), np.array(LOOKS[:look]), *errors)):
                return SimpleNamespace(stopped="cancelled", steps_made=step)
        return SimpleNamespace(stopped="")

    monkeypatch.setattr(sweep, "cell", cell)
    return asked


def test_train_this_one_adds_the_curves_it_finds(quick):
    explorer = ResidualExplorer(merge="add", gamma="1/√L", depth=56, lr=3e-3)
    explorer.press().settle()
    assert quick == [{"depth": 56, "merge": "add 1/√L", "init": "he", "norm": "none", "lr": 3e-3, "every": 25}]
    live = explorer._live
    assert live["values"] == {name: value for name, value in explorer.values.items() if name != "steps"}
    assert live["numbers"]["live_train"] == pytest.approx(frame(**explorer.values)["train"], abs=0.06)  # a table keeps tenths
    assert list(live["numbers"]["live_x"]) == list(LOOKS)
    assert explorer._done == "8 seeds, 300 steps: the dashed line"
    assert (explorer._error, explorer._doing) == ({}, "")


def test_a_training_that_is_stopped_keeps_what_it_has(quick, monkeypatch):
    explorer, real = ResidualExplorer(), sweep.cell

    def slow(watch, **where):
        return real(**where, watch=lambda now: (now.step == LOOKS[3] and explorer._press._stopped.set()) or watch(now))

    monkeypatch.setattr(sweep, "cell", slow)
    explorer.press().settle()
    assert list(explorer._live["numbers"]["live_x"]) == list(LOOKS[:4])
    assert explorer._done == "stopped after 225 steps"


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
    shown, every = frame(depth=8), 3  # looks of the button for one of the sweep
    assert ((shown["train_low"] - 3 <= found[::every]) & (found[::every] <= shown["train_high"] + 3)).all()
