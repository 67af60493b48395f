"""The shipped DenseNet sweep has every cell, and one taken at random comes out again."""

from types import SimpleNamespace

import numpy as np
import pytest

from skiplab import sweeps
from skiplab.nets import densenet
from skiplab.sweeps import densenet as sweep


@pytest.fixture(scope="module")
def shipped():
    return sweeps.load("densenet")


def test_every_cell_is_there(shipped):
    for name in ("train", "test"):
        for way in sweep.WAYS.values():
            wrong = shipped[name].at(**way).array
            assert wrong.shape == (4, 3, sweep.SEEDS), (name, way)
            assert ((wrong >= 0) & (wrong < 1)).all(), (name, way)
        assert np.isnan(shipped[name].at(merge=("add", "none"), theta=0.5).array).all()
    assert shipped["narrow"].array.shape == (sweep.SEEDS,)
    for name in ("weights", "cut"):
        for layers in sweep.NETS["layers"]:
            there = np.tri(7, dtype=bool)
            there[layers + 1 :] = False
            assert (np.isfinite(shipped[name].at(layers=layers).array) == there).all(), (name, layers)
    assert (np.nanmin(shipped["weights"].array), np.nanmax(shipped["weights"].array)) > (0, 1)


def test_a_cell_taken_at_random_comes_out_again(shipped):
    """Two seeds of one cell; other processors round otherwise, so errors may differ by a few digits."""
    draw = np.random.default_rng()
    way = list(sweep.WAYS)[int(draw.integers(4))]
    layers, growth = (sweep.NETS[name][int(draw.integers(2))] for name in ("layers", "growth"))  # of the smaller nets
    run, where = sweep.cell(way, layers, growth, seeds=2), {"layers": layers, "growth": growth}
    expected = shipped["test"].at(**sweep.WAYS[way], **where, seeds=(0, 1)).array
    assert run.test_error[:, -1] == pytest.approx(expected, abs=0.02 + 0.3 * expected.max()), (way, layers)
    if "concat" in way:
        found = sweep.read(run, 0)
        for name, slack in (("weights", 0.2), ("cut", 0.3)):
            stored = shipped[name].at(theta=sweep.WAYS[way]["theta"], **where, seeds=0).array
            assert found[name].astype(float) == pytest.approx(stored, abs=slack, nan_ok=True), name


def test_a_plan_is_what_it_is_called():
    assert sweep.plan("concat, θ = ½", 4, 4) == {"blocks": (4, 4), "growth": 4, "stem": 8, "merge": "concat", "compression": 0.5}
    assert sweep.plan("add", 2, 8) == {"blocks": (2, 2), "growth": 8, "stem": 16, "merge": "add", "compression": 1.0}
    with pytest.raises(ValueError, match="way: expected one of"):
        sweep.plan("gate", 4, 4)


def test_measure_fills_every_cell(monkeypatch):
    asked = []

    def trained(way, layers, growth):
        asked.append((way, layers, growth))
        return SimpleNamespace(train_error=np.full((sweep.SEEDS, 2), 0.25), test_error=np.full((sweep.SEEDS, 2), len(asked) / 100),
                               net=lambda seed: densenet.densenet(**sweep.plan(way, layers, growth)))  # fmt: skip

    narrow = SimpleNamespace(test_error=np.full((sweep.SEEDS, 2), 0.5))
    nets = {**sweep.NETS, "layers": (1, 2), "growth": (2,)}
    for name, value in {"cell": trained, "trained": lambda make: narrow, "NETS": nets, "SHOWN": 8}.items():
        monkeypatch.setattr(sweep, name, value)
    seen = []
    found = sweep.measure(lambda done, of: seen.append((done, of)))
    assert seen[-1] == (len(asked), len(asked)) == (8, 8)
    for number, (way, layers, growth) in enumerate(asked, 1):
        where = sweep.WAYS[way] | {"layers": layers, "growth": growth}
        assert (found["train"].at(**where).array == 0.25).all(), where
        assert (found["test"].at(**where).array == number / 100).all(), where
    assert (found["narrow"].array == 0.5).all()
    assert np.isfinite(found["weights"].at(layers=2, reader=2).array).all()


def test_the_narrow_head_reads_as_much_as_that_of_a_net_that_adds():
    wide, rival = (densenet.densenet(**sweep.plan(way, *sweep.HEAD[1:])) for way in (sweep.HEAD[0], "add"))
    narrow = sweep.narrow_head()
    assert (wide.head.in_features, narrow.head[0].out_features, rival.head.in_features) == (14, 4, 4)
    assert sum(p.numel() for p in narrow.parameters()) < sum(p.numel() for p in wide.parameters())
