"""The shipped U-Net sweep has every cell, and one taken at random comes out again."""

import numpy as np
import pytest
import torch

from skiplab import sweeps
from skiplab.data import pictures
from skiplab.data.points import inside
from skiplab.nets.unet import long_skips
from skiplab.sweeps import unet as sweep


@pytest.fixture(autouse=True)
def photographs():
    """scikit-image's photographs are installed."""
    try:
        inside("skimage", "data", "page.png")
    except FileNotFoundError as problem:
        pytest.skip(str(problem))


@pytest.fixture(scope="module")
def shipped():
    return sweeps.load("unet")


def test_every_cell_is_there(shipped):
    for name in ("iou", "f1", "masks"):
        assert {axis: shipped[name].axes[axis] for axis in sweep.PLACES} == sweep.PLACES, name
    for score in ("iou", "f1", "extra_iou", "extra_f1", "extra_known"):
        assert shipped[score].axes["seeds"] == tuple(range(sweep.SEEDS)), score
        assert np.all((shipped[score] >= 0) & (shipped[score] <= 1)), score


def test_muting_a_level_without_a_skip_changes_nothing(shipped):
    for score in ("iou", "f1", "masks"):
        for level in sweep.LEVELS:
            without = shipped[score].at(**{level: "none"})
            assert np.array_equal(without.at(muted="nothing"), without.at(muted=level)), (score, level)


@pytest.mark.slow
def test_a_cell_taken_at_random_comes_out_again(shipped):
    draw = np.random.default_rng()
    where = {name: values[int(draw.integers(len(values)))] for name, values in sweep.PLACES.items() if name != "muted"}
    run = sweep.cell(where["data"], [where[level] for level in sweep.LEVELS], seeds=2)
    for muted, levels in sweep.MUTED.items():
        iou, f1 = sweep.scores(run, where["data"], levels)
        stored = [shipped[score].at(**where, muted=muted, seeds=(0, 1)).array for score in ("iou", "f1")]
        assert iou == pytest.approx(stored[0], abs=0.15), where
        assert f1 == pytest.approx(stored[1], abs=0.25), where


def test_the_extra_nets_are_what_they_are_called():
    nets = {name: {key: value for key, value in how.items() if key not in ("steps", "lr")} for name, how in sweep.EXTRA.items()}
    fast = {f"{merge}, 0.01": {"merges": merge} for merge in ("add", "concat")}
    assert nets == {"self": {"merges": "self"}, "short": {"merges": "none", "short": "add"}, "longer": {"merges": "none"}} | fast
    assert sweep.EXTRA["longer"]["steps"] == 4 * sweep.STEPS
    assert sweep.EXTRA["concat, 0.01"]["lr"] == sweep.EXTRA["add, 0.01"]["lr"] == 0.01 > 2 * sweep.LR


def test_measure_fills_every_cell(monkeypatch):
    places = {**sweep.PLACES, "data": ("shapes", "page")}
    for name, value in {"SEEDS": 2, "PLACES": places, "EXTRA": {"self": {"merges": "self"}}}.items():
        monkeypatch.setattr(sweep, name, value)
    seen = []
    monkeypatch.setattr(sweep, "cell", lambda data, merges, seeds=2: _Untrained(merges, seeds))
    monkeypatch.setattr(sweep, "scores", lambda run, data, levels=(), known=False: 2 * (np.full(len(run.losses), 0.5 + len(levels)),))
    monkeypatch.setattr(sweep, "_shown", lambda run, data, seed, levels: np.full((64, 64), seed == 0))
    found = sweep.measure(lambda done, of: seen.append((done, of)))
    assert seen == [(done, 55) for done in range(1, 56)]
    for muted, expected in zip(sweep.MUTED, (0.5, 1.5, 1.5, 1.5, 3.5), strict=True):
        assert np.all(found["iou"].at(muted=muted) == expected), muted
    assert np.array_equal(found["f1"], found["iou"])
    assert found["masks"].array.all()
    assert (found["extra_f1"].array == 0.5).all()


class _Untrained:
    """What stands for a run: nets as they are drawn."""

    def __init__(self, merges, seeds):
        self.merges, self.losses = merges, np.zeros((seeds, 2))

    def net(self, seed):
        torch.manual_seed(seed)
        return sweep.unet(merges=self.merges)


def test_scores_are_those_of_the_muted_nets():
    run, split = _Untrained("add", 2), pictures.load("shapes")
    for levels in ((), (0, 2)):
        net = sweep.muted(run.net(1), *levels)
        assert len(long_skips(net)) == 3
        with torch.no_grad():
            mask = net(split.x_test) > 0
        iou, f1 = sweep.scores(run, "shapes", levels)
        assert iou[1] == pytest.approx(pictures.iou(mask, split.y_test))
        assert f1[1] == pytest.approx(pictures.boundary_f1(mask, split.y_test))
