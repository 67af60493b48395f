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
    shape = (len(sweep.DATA), 3, 3, 3, len(sweep.MUTED))
    assert shipped["iou"].shape == shipped["f1"].shape == (*shape, sweep.SEEDS)
    assert shipped["masks"].shape == (*shape, 512)
    assert shipped["extra_iou"].shape == shipped["extra_f1"].shape == shipped["extra_known"].shape == (len(sweep.EXTRA), sweep.SEEDS)
    for score in ("iou", "f1"):
        assert shipped[score].min() >= 0
        assert shipped[score].max() <= 1
    assert shipped["about"]["training"]["steps"] == sweep.STEPS
    assert (sweeps.HERE / "unet.npz").stat().st_size < 400_000


def test_muting_a_level_without_a_skip_changes_nothing(shipped):
    for score in ("iou", "f1", "masks"):
        found = shipped[score]
        for level in range(3):
            without = np.take(found, 0, 1 + level)  # "none" at that level
            assert np.array_equal(without[..., 0, :], without[..., 1 + level, :])


def test_stored_scores_are_found_by_name(shipped):
    assert np.array_equal(sweep.stored("shapes", "add", "f1", "all"), shipped["f1"][0, 1, 1, 1, 4])
    assert np.array_equal(sweep.stored("coins", ("none", "add", "concat")), shipped["iou"][2, 0, 1, 2, 0])
    assert np.array_equal(sweep.stored("shapes", "short"), shipped["extra_iou"][1])
    assert np.array_equal(sweep.stored("shapes", "longer", "known"), shipped["extra_known"][2])
    with pytest.raises(ValueError, match="score: expected one of 'iou', 'f1', got 'known'"):
        sweep.stored("shapes", "add", "known")
    with pytest.raises(ValueError, match="data: expected one of 'shapes', 'page'"):
        sweep.stored("moons")


@pytest.mark.slow
def test_a_cell_taken_at_random_comes_out_again(shipped):
    data, *at = (int(np.random.default_rng().integers(n)) for n in (len(sweep.DATA), 3, 3, 3))
    run = sweep.cell(sweep.DATA[data], [sweep.MERGES[i] for i in at], seeds=2)
    where = (data, *at)
    for m, levels in enumerate(sweep.MUTED.values()):
        iou, f1 = sweep.scores(run, sweep.DATA[data], levels)
        assert iou == pytest.approx(shipped["iou"][where][m, :2].astype(float), abs=0.15), where
        assert f1 == pytest.approx(shipped["f1"][where][m, :2].astype(float), abs=0.25), where


def test_the_extra_nets_are_what_they_are_called():
    nets = {name: {key: value for key, value in how.items() if key not in ("steps", "lr")} for name, how in sweep.EXTRA.items()}
    fast = {f"{merge}, 0.01": {"merges": merge} for merge in ("add", "concat")}
    assert nets == {"self": {"merges": "self"}, "short": {"merges": "none", "short": "add"}, "longer": {"merges": "none"}} | fast
    assert sweep.EXTRA["longer"]["steps"] == 4 * sweep.STEPS
    assert sweep.EXTRA["concat, 0.01"]["lr"] == sweep.EXTRA["add, 0.01"]["lr"] == 0.01 > 2 * sweep.LR


def test_measure_fills_every_cell(monkeypatch):
    for name, value in {"SEEDS": 2, "DATA": ("shapes", "page"), "EXTRA": {"self": {"merges": "self"}}}.items():
        monkeypatch.setattr(sweep, name, value)
    seen = []
    monkeypatch.setattr(sweep, "cell", lambda data, merges, seeds=2: _Untrained(merges, seeds))
    monkeypatch.setattr(sweep, "scores", lambda run, data, levels=(), known=False: 2 * (np.full(len(run.losses), 0.5 + len(levels)),))
    monkeypatch.setattr(sweep, "_shown", lambda run, data, seed: np.full((5, 512), 1 + seed))
    found = sweep.measure(lambda done, of: seen.append((done, of)))
    assert seen == [(done, 55) for done in range(1, 56)]
    assert (found["iou"][0] == np.array([0.5, 1.5, 1.5, 1.5, 3.5])[:, None]).all()
    assert (found["f1"][1] == found["iou"][0]).all()
    assert (found["masks"] == 1).all()
    assert (found["extra_f1"] == 0.5).all()


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
