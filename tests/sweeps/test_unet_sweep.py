"""The shipped U-Net sweep has every cell, and one taken at random comes out again."""

import numpy as np
import pytest
import torch

from skiplab import sweeps
from skiplab.data import pictures
from skiplab.data.points import inside
from skiplab.nets.unet import long_skips, unet
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
    for score in ("iou", "f1"):
        assert shipped[score].axes["seeds"] == tuple(range(sweep.SEEDS)), score
        assert np.all((shipped[score] >= 0) & (shipped[score] <= 1)), score
    nets = tuple(sweep.NETS)
    for score in ("rated_iou", "rated_f1", "rated_known"):
        axes = {"data": tuple(sweep.RATED), "net": nets, "lr": sweep.LRS, "seeds": tuple(range(sweep.SEEDS))}
        assert shipped[score].axes == axes, score
        there = np.concatenate([shipped[score].at(data="shapes").array, shipped[score].at(net=nets[:6]).array.reshape(-1, 4, 8)])
        assert np.all((there >= 0) & (there <= 1)), score
        assert np.isnan(shipped[score].at(data=("page", "coins"), net=sweep.CONTROLS).array).all(), score


def test_muting_a_level_without_a_skip_changes_nothing(shipped):
    for score in ("iou", "f1", "masks"):
        for level in sweep.LEVELS:
            without = shipped[score].at(**{level: "none"})
            assert np.array_equal(without.at(muted="nothing"), without.at(muted=level)), (score, level)


@pytest.mark.slow
def test_a_cell_taken_at_random_comes_out_again(shipped):
    draw = np.random.default_rng()
    where = {name: values[int(draw.integers(len(values)))] for name, values in sweep.PLACES.items() if name != "muted"}
    run = sweep.cell(where["data"], {"merges": [where[level] for level in sweep.LEVELS]}, seeds=2)
    for muted, levels in sweep.MUTED.items():
        iou, f1 = sweep.scores(run, where["data"], levels)
        stored = [shipped[score].at(**where, muted=muted, seeds=(0, 1)).array for score in ("iou", "f1")]
        assert iou == pytest.approx(stored[0], abs=0.15), where
        assert f1 == pytest.approx(stored[1], abs=0.25), where


@pytest.mark.slow
def test_a_rated_net_taken_at_random_comes_out_again(shipped):
    draw = np.random.default_rng()
    data, net, lr = (str(draw.choice(["page", "coins"])), str(draw.choice(list(sweep.NETS)[:6])), float(draw.choice(sweep.LRS[:3])))
    iou, _ = sweep.scores(sweep.rated(data, net, lr, seeds=2), data)
    assert iou == pytest.approx(shipped["rated_iou"].at(data=data, net=net, lr=lr, seeds=(0, 1)).array, abs=0.15), (data, net, lr)


def test_the_controls_have_no_way_round_the_bottom_and_as_many_parameters():
    nets = {name: unet(**how) for name, how in sweep.NETS.items()}
    size = {name: sum(p.numel() for p in net.parameters()) for name, net in nets.items()}
    assert size["wider"] > size["as large"] == size["concat"] > size["finest"] > size["none"] == size["add"] == size["short"]
    assert size["none"] > 100 * size["no U"]
    merges = {name: [type(skip.merge).__name__ for skip in long_skips(net)] for name, net in nets.items()}
    open_at = {name: [level for level, merge in enumerate(found) if merge in ("Add", "Concat")] for name, found in merges.items()}
    expected = {"none": [], "coarsest": [2], "middle": [1], "finest": [0], "add": [0, 1, 2], "concat": [0, 1, 2]}
    assert open_at == expected | {name: [] for name in sweep.CONTROLS}


def test_measure_fills_every_cell(monkeypatch):
    places, nets = {**sweep.PLACES, "data": ("shapes", "page")}, {name: sweep.NETS[name] for name in ("none", "as large")}
    for name, value in {"SEEDS": 2, "PLACES": places, "NETS": nets, "LRS": (0.1,)}.items():
        monkeypatch.setattr(sweep, name, value)
    seen = []
    monkeypatch.setattr(sweep, "cell", lambda data, net, seeds=2, **how: _Untrained(net, seeds))
    monkeypatch.setattr(sweep, "scores", lambda run, data, levels=(), **how: 2 * (np.full(len(run.losses), 0.5 + len(levels)),))
    monkeypatch.setattr(sweep, "_shown", lambda run, data, seed, levels: np.full((64, 64), seed == 0))
    found = sweep.measure(lambda done, of: seen.append((done, of)))
    cells = 54 * len(sweep.MUTED) + 4  # both nets of the shapes, one of each photograph
    assert seen == [(done, cells) for done in range(1, cells + 1)]
    for muted, expected in zip(sweep.MUTED, (0.5, 1.5, 1.5, 1.5, 3.5), strict=True):
        assert np.all(found["iou"].at(muted=muted) == expected), muted
    assert np.array_equal(found["f1"], found["iou"])
    assert found["masks"].array.all()
    rated = found["rated_known"].array
    assert (rated[0] == 0.5).all()
    assert (rated[1:, 0] == 0.5).all()
    assert np.isnan(rated[1:, 1]).all()


class _Untrained:
    """What stands for a run: nets as they are drawn."""

    def __init__(self, net, seeds):
        self.made_by, self.losses = net, np.zeros((seeds, 2))

    def net(self, seed):
        torch.manual_seed(seed)
        return sweep.unet(**self.made_by)


def test_scores_are_those_of_the_muted_nets():
    run, split = _Untrained({"merges": "add"}, 2), pictures.load("shapes")
    for levels in ((), (0, 2)):
        net = sweep.muted(run.net(1), *levels)
        assert len(long_skips(net)) == 3
        with torch.no_grad():
            mask = net(split.x_test) > 0
        iou, f1 = sweep.scores(run, "shapes", levels)
        assert iou[1] == pytest.approx(pictures.iou(mask, split.y_test))
        assert f1[1] == pytest.approx(pictures.boundary_f1(mask, split.y_test))
