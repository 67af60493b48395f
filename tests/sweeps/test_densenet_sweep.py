"""The shipped DenseNet sweep has every cell, its arms differ in what they are named for, and a few cells come out again."""

from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from skiplab import sweeps
from skiplab.base.rates import best_lr
from skiplab.base.rng import drawing
from skiplab.nets import densenet
from skiplab.sweeps import densenet as sweep

SHIPPED = sweeps.load("densenet")
SLACK = 0.03  # the same seeds on another processor round differently, and 300 steps multiply that


def count(net):
    return sum(p.numel() for p in net.parameters())


def test_the_grids_have_their_axes_and_begin_at_chance():
    assert SHIPPED.keys() == sweep.WHERE.keys()
    for name, grid in SHIPPED.items():
        assert dict(grid.axes) == {axis: tuple(values) for axis, values in sweep.WHERE[name].items()}, name
        assert np.isfinite(grid.array).all(), name
        assert 0 <= grid.array.min() <= grid.array.max() <= (100 if "cut" in name else 1), name
        if "steps" in grid.axes:
            start = grid.at(steps=0)
            assert 0.8 < np.median(start.array) < 0.95, name
            assert (start.at(lr=grid.axes["lr"][0]).array == start.at(lr=grid.axes["lr"][-1]).array).all(), name
    assert (SHIPPED["cut_low"].array <= SHIPPED["cut"].array).all()
    assert (SHIPPED["cut"].array <= SHIPPED["cut_high"].array).all()


@pytest.mark.slow
def test_cells_made_again_agree():
    for arm, lr in (("shallow", 1e-2), ("dense", 3e-3)):
        shipped = SHIPPED["mlp_test"].at(arm=arm, lr=lr)
        medians = np.median(sweep.trained(partial(sweep.mlp, arm), lr).test_error, 0)
        low, high = (end("seeds").array for end in (shipped.low, shipped.high))
        assert ((low - SLACK <= medians) & (medians <= high + SLACK)).all(), arm


@pytest.mark.slow
def test_cuts_made_again_agree():
    merge = ("concat", "add")[int(np.random.default_rng().integers(2))]
    run = sweep.trained(partial(sweep.block, merge), best_lr(SHIPPED["block_train"].at(merge=merge)))
    shipped, found = SHIPPED["cut"].at(merge=merge).array.astype(float), np.median(sweep.every_cut(run), 0)
    assert np.abs(found - shipped).mean() < 5
    assert np.corrcoef(found.ravel(), shipped.ravel())[0, 1] > 0.9
    assert np.abs(found.T - shipped).mean() > 5  # with the connections in another order


def test_arms_have_about_as_many_parameters_and_the_same_init():
    for make, least, most in ((sweep.mlp, 3500, 4300), (sweep.conv, 1300, 1600)):
        nets = {arm: make(arm) for arm in sweep.ARMS}
        for arm in {*sweep.ARMS} - {"dense, narrow head"}:
            assert least < count(nets[arm]) < most, (make, arm)
        assert nets["dense, narrow head"].head[0].out_features == nets["add"].head.in_features == nets["plain"].head.in_features
        assert nets["dense"].head.in_features > nets["add"].head.in_features
    with pytest.raises(ValueError, match="arm: expected one of"):
        sweep.conv("deep")


def test_a_narrow_head_is_drawn_as_all_else_is():
    with drawing(0):
        head = sweep.narrow(densenet.mlp(64, 10, 300, 3, 12), 12).head
    for part in head:
        assert not part.bias.any()
        assert part.weight.std().item() == pytest.approx((2 / part.in_features) ** 0.5, rel=0.2)


def test_the_block_of_the_explorer_has_the_size_that_is_said():
    counts = [count(sweep.block(merge)) for merge in sweep.MERGES]
    assert 850 < min(counts) <= max(counts) < 1150
    assert len(sweep.PAIRS) == 15


def test_measure_fills_every_cell(monkeypatch):
    asked = []

    def trained(make, lrs, flat=True):
        asked.append(make.args[0])
        errors = np.full((sweep.SEEDS, 4), len(asked) / 100)
        return {lr: SimpleNamespace(train_error=errors, test_error=errors, net=lambda seed: torch.zeros(1)) for lr in lrs}

    monkeypatch.setattr(sweep, "trained", trained)
    monkeypatch.setattr(sweep, "every_cut", lambda run: np.tile(np.reshape(np.arange(8.0), (8, *[1] * 15)), (1, *[2] * 15)))
    seen = []
    found = sweep.measure(lambda done, of: seen.append((done, of)))
    assert seen[-1] == (len(asked), len(asked)) == (13, 13)
    assert asked == [name for _, name in sweep.PLANS]
    for number, (kind, name) in enumerate(sweep.PLANS, 1):
        grid = found["block_train"].at(merge=name) if kind == "block" else found[f"{kind}_test"].at(arm=name)
        assert grid.array == pytest.approx(number / 100), (kind, name)
    assert {name: found[name].array.max() for name in ("cut", "cut_low", "cut_high")} == {"cut": 4, "cut_low": 0, "cut_high": 7}
