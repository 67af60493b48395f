"""The shipped errors of the Highway nets are those that a training finds."""

from types import SimpleNamespace

import numpy as np
import pytest
from test_residual_sweep import agree

from skiplab import sweeps
from skiplab.sweeps import highway as sweep
from skiplab.sweeps import residual

SHIPPED = sweeps.load("highway")["train"]


@pytest.mark.slow
def test_a_cell_made_again_agrees():
    run = sweep.cell("one gate", 3e-3)
    assert run.steps_at.tolist() == list(residual.AXES["steps"])
    assert agree(run.train_error, SHIPPED.at(kind="one gate", lr=3e-3))


def test_the_grid_has_its_axes_and_begins_at_chance():
    assert dict(SHIPPED.axes) == {axis: tuple(values) for axis, values in sweep.AXES.items()}
    assert 0.75 < np.median(SHIPPED.at(steps=0).array) < 0.95


def test_measure_fills_every_cell(monkeypatch):
    run, seen = SimpleNamespace(train_error=np.full((8, 5), 0.25)), []
    monkeypatch.setattr(residual, "trained", lambda make, lrs: dict.fromkeys(lrs, run))
    (found,) = sweep.measure(lambda done, of: seen.append((done, of))).values()
    assert seen == [(1, 2), (2, 2)]
    assert (found.array == 0.25).all()
