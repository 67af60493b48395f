"""The shipped errors are those that a training finds: a few cells are made again."""

import random
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from skiplab import sweeps
from skiplab.base.rng import drawing
from skiplab.sweeps import residual as sweep

# The same seeds on another processor round differently, and 300 steps multiply that. What is compared is the median over 8 seeds, which
# must lie within the shipped seeds' range, give or take 3 in a hundred.
SLACK = 0.03
DRAW = random.Random(3)
FAST = {"depth": (8, 20), **{name: sweep.AXES[name] for name in ("merge", "init", "norm", "lr")}}
CELLS = [{name: DRAW.choice(values) for name, values in FAST.items()} for _ in range(3)]
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
    cell = {"depth": 56, "merge": "add 1/√L", "init": "he", "norm": "none", "lr": 3e-3}
    assert agree(sweep.cell(**cell).train_error, SHIPPED["train"].at(**cell))


@pytest.mark.slow
def test_a_convolutional_cell_made_again_agrees():
    cell = {"depth": 8, "merge": "add", "lr": 1e-2}
    run = sweep.trained(lambda: sweep.conv(cell["depth"], cell["merge"]), cell["lr"], **sweep.CONV_HOW)
    assert agree(run.train_error, SHIPPED["conv_train"].at(**cell))
    assert agree(run.test_error, SHIPPED["conv_test"].at(**cell))


def test_other_numbers_would_not_agree():
    plain = SHIPPED["train"].at(merge="none", init="he", norm="none", lr=1e-3)
    few, many = (plain.at(depth=depth) for depth in (20, 56))
    assert agree(few.array, few)
    assert not agree(many.array, few)
    assert not agree(few.array[:, ::-1], few)


def test_the_grids_have_their_axes_and_begin_at_chance():
    assert SHIPPED.keys() == sweep.WHAT.keys()
    for name, grid in SHIPPED.items():
        assert dict(grid.axes) == {axis: tuple(values) for axis, values in sweep.WHERE[name].items()}, name
        assert np.isfinite(grid.array).all(), name
        assert 0 <= grid.array.min() <= grid.array.max() <= 1, name
        start = grid.at(steps=0)
        assert 0.75 < np.median(start.array) < 0.95, name
        assert (start.at(lr=sweep.LRS[0]).array == start.at(lr=sweep.LRS[-1]).array).all(), name  # one start for every rate


def test_a_control_changes_the_head_alone():
    x = torch.randn(4, 64)
    for control in sweep.CONTROLS:
        with drawing(0):
            changed = sweep.control(control, 20, "add", "none")
        with drawing(0):
            net = sweep.net(20, "add")
        h = net.blocks(net.stem(x))
        assert torch.equal(changed.blocks(changed.stem(x)), h), control
        if control == "zero head":
            assert not changed.head.weight.any()
        else:
            assert torch.equal(changed(x), net.head(torch.nn.functional.layer_norm(h, (32,))))


def test_what_was_not_measured_is_said():
    with pytest.raises(ValueError, match=r"merge: expected one of 'none', 'add', .* got 'sum'"):
        sweep.cell(20, "sum")
    with pytest.raises(ValueError, match=r"control: expected one of 'zero head', .* got 'no head'"):
        sweep.control("no head", 20, "add", "none")


def test_measure_fills_every_cell(monkeypatch):
    seen = []

    def trained(make, lrs, settings, **how):
        looks = 4 if how else 5  # of the convolutional nets, and of the others
        run = SimpleNamespace(train_error=np.full((8, looks), 0.25), test_error=np.full((8, looks), np.nan))
        return {(name, lr): run for name in settings for lr in lrs}

    monkeypatch.setattr(sweep, "trained", trained)
    found = sweep.measure(lambda done, of: seen.append((done, of)))
    assert seen == [(done, 44) for done in range(1, 45)]
    for name, grid in found.items():
        assert (grid.array == (0.25 if "train" in name else 1)).all(), name  # where numbers overflow every label is wrong
