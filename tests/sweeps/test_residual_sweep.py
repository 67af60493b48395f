"""The shipped errors are those that a training finds: a few cells are made again."""

import random
from types import SimpleNamespace

import numpy as np
import pytest

from skiplab import sweeps
from skiplab.sweeps import residual as sweep

# The same seeds on another processor round differently, and 120 steps multiply that. What is compared is the median over 8 seeds, which
# must lie within the shipped seeds' range, give or take 3 in a hundred.
SLACK = 0.03
DRAW = random.Random(3)
KINDS = [("none", "1"), ("add", "1"), ("add", "1/√L"), ("add", "1/L"), ("gate", "1")]


def where(depth, kind, init, norm):
    merge, gamma = kind
    return {"depth": depth, "merge": merge, "gamma": gamma, "init": init, "norm": norm}


CELLS = [where(DRAW.choice((8, 20)), DRAW.choice(KINDS), DRAW.choice(sweep.AXES["init"]), DRAW.choice(("none", "batch"))) for _ in range(3)]
SHIPPED = sweeps.load("residual")


def agree(made, shipped):
    medians = np.median(made, 0)
    return bool(np.all((shipped.low("seeds") - SLACK <= medians) & (medians <= shipped.high("seeds") + SLACK)))


@pytest.mark.slow
def test_a_cell_made_again_agrees():
    for cell in CELLS:
        run = sweep.cell(**cell)
        assert run.steps_at.tolist() == list(sweep.AXES["steps"])
        assert agree(run.train_error, SHIPPED["train"].at(**cell)), cell
        assert agree(run.test_error, SHIPPED["test"].at(**cell)), cell


@pytest.mark.slow
def test_a_deep_cell_made_again_agrees():
    for cell in (where(56, ("none", "1"), "he", "batch"), where(56, ("add", "1/√L"), "he", "none")):
        assert agree(sweep.cell(**cell).train_error, SHIPPED["train"].at(**cell)), cell


@pytest.mark.slow
def test_a_convolutional_cell_made_again_agrees():
    for merge in sweep.CONV_AXES["merge"]:
        run = sweep.conv_cell(8, merge)
        assert agree(run.train_error, SHIPPED["conv_train"].at(depth=8, merge=merge)), merge
        assert agree(run.test_error, SHIPPED["conv_test"].at(depth=8, merge=merge)), merge


def test_other_numbers_would_not_agree():
    plain = SHIPPED["train"].at(merge="none", gamma="1", init="he", norm="none")
    few, many = (plain.at(depth=depth) for depth in (20, 56))
    assert agree(few.array, few)
    assert not agree(many.array, few)
    assert not agree(few.array[:, ::-1], few)


def test_the_grids_have_their_axes_and_begin_at_chance():
    for name, grid in SHIPPED.items():
        axes = sweep.CONV_AXES if "conv" in name else sweep.AXES
        assert dict(grid.axes) == {axis: tuple(values) for axis, values in axes.items()}, name
        assert np.nanmax(grid.array) <= 1, name
        assert 0.75 < np.nanmedian(grid.at(steps=0).array) < 0.95, name
        if name in ("train", "test"):
            assert np.isfinite(grid.at(gamma="1").array).all(), name
            assert np.isfinite(grid.at(merge="add").array).all(), name
            assert np.isnan(grid.at(merge=("none", "gate"), gamma=("1/√L", "1/L")).array).all(), name


def test_what_was_not_measured_is_said():
    cases = [
        (("sum", "1"), "merge: expected one of 'none'"), (("add", "0"), "gamma: expected one of '1', '1/√L', '1/L', got '0'"),
        (("none", "1/L"), "gamma: expected one of '1', got '1/L'"),
    ]  # fmt: skip
    for kind, said in cases:
        with pytest.raises(ValueError, match=said):
            sweep.cell(**where(20, kind, "he", "none"))


def test_measure_fills_every_cell(monkeypatch):
    seen, small = [], {"depth": (8,), "norm": ("none",)}
    run = SimpleNamespace(train_error=np.full((8, 9), 0.25), test_error=np.full((8, 9), 0.5))
    conv = SimpleNamespace(train_error=np.full((8, 7), 0.25), test_error=np.full((8, 7), 0.5))
    monkeypatch.setattr(sweep, "AXES", sweep.AXES | small)
    monkeypatch.setattr(sweep, "_fit", lambda *args, settings=None: dict.fromkeys(settings, run) if settings else conv)
    found = sweep.measure(lambda done, of: seen.append((done, of)))
    assert seen == [(done, 11) for done in range(1, 12)]
    for name, grid in found.items():
        assert np.nanmax(grid.array) == np.nanmin(grid.array) == (0.25 if "train" in name else 0.5), name
        assert np.isnan(grid.array).mean() == (4 / 9 if "conv" not in name else 0), name
