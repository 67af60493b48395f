"""The shipped errors of the recurrent cells are those that a training finds: a few cells are made again."""

from types import SimpleNamespace

import numpy as np
import pytest

from skiplab import sweeps
from skiplab.sweeps import recurrent as sweep

SHIPPED = sweeps.load("recurrent")
TEST = SHIPPED["test"]
SLACK = 0.03  # the same seeds round differently on another processor, and a hundred steps multiply that


def agree(made, shipped):
    return shipped.low("seeds") - SLACK <= np.median(made) <= shipped.high("seeds") + SLACK


@pytest.mark.slow
@pytest.mark.parametrize("where", [
    {"task": "recall", "cell": "RNN + skip", "lr": 1e-2, "steps": 100},
    {"task": "latest", "cell": "GRU", "lr": 3e-2, "steps": 50},
    {"task": "adding", "cell": "IRNN", "lr": 3e-3, "steps": 100},
    {"task": "latest", "cell": "IRNN", "lr": 1e-2, "steps": 100},
], ids=lambda where: f"{where['task']} {where['cell']}")  # fmt: skip
def test_a_cell_made_again_agrees(where):
    run = sweep.cell(**where)
    for part in SHIPPED:
        assert agree(sweep.error(where["task"], run, part), SHIPPED[part].at(**where)), part


def test_other_numbers_would_not_agree():
    here = TEST.at(task="latest", lr=1e-2, steps=200)
    assert agree(here.at(cell="GRU").array, here.at(cell="GRU"))
    assert not agree(here.at(cell="IRNN").array, here.at(cell="GRU"))


def test_the_grids_have_their_axes_and_hold_errors():
    assert SHIPPED.keys() == sweep.WHAT.keys()
    for name, grid in SHIPPED.items():
        assert dict(grid.axes) == {axis: tuple(values) for axis, values in sweep.AXES.items()}, name
        assert grid.array.min() >= 0, name
        for task in ("recall", "latest"):
            assert grid.at(task=task).array.max() <= 1, name
        first = grid.at(lr=1e-3, steps=50, task=("recall", "latest")).median("seeds")
        assert np.median(first.array) > 0.7, name  # next to nothing is learned yet
    assert not np.array_equal(SHIPPED["test"].array, SHIPPED["validation"].array)
    assert sweeps.about("recurrent")["cell"] == sweep.CELLS


def test_a_network_that_overflows_answers_all_wrong():
    broken = SimpleNamespace(error=lambda x, y: np.full(8, np.nan))
    assert (sweep.error("recall", broken) == 1).all()


def test_measure_makes_every_cell_at_every_look(monkeypatch):
    asked, reported = [], []

    def trained(task, cells, lrs, steps, checkpoint):
        asked.append((task, steps, str(checkpoint)))
        return {(cell, lr): (cell, lr, steps) for cell in cells for lr in lrs}

    monkeypatch.setattr(sweep, "trained", trained)
    monkeypatch.setattr(sweep, "error", lambda task, run, part: np.full(8, run[2] + run[1], np.float32))
    found = sweep.measure(lambda done, of: reported.append((done, of)))
    assert reported == [(done, 18) for done in range(1, 19)]
    assert [steps for _, steps, _ in asked] == 3 * list(sweep.STEPS)
    assert len({path for _, _, path in asked}) == 3  # one training a task, that goes on
    for grid in found.values():
        assert grid.at(task="latest", cell="LSTM", lr=1e-2, steps=400, seeds=3) == pytest.approx(400.01, abs=0.01)
        assert np.isfinite(grid.array).all()
