"""The shipped DenseNet sweep has every cell, and one taken at random comes out again."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from skiplab import sweeps
from skiplab.nets import densenet
from skiplab.sweeps import densenet as sweep

SHAPE = (len(sweep.WAYS), len(sweep.LAYERS), len(sweep.GROWTHS), sweep.SEEDS)
MATRICES = (len(sweep.CONCAT), *SHAPE[1:], 2, sweep.LAYERS[-1] + 1, sweep.LAYERS[-1] + 1)


@pytest.fixture(scope="module")
def shipped():
    return sweeps.load("densenet")


def test_every_cell_is_there(shipped):
    assert shipped["train"].shape == shipped["test"].shape == SHAPE
    assert shipped["narrow"].shape == (sweep.SEEDS,)
    assert shipped["train"].max() < 1200
    assert shipped["test"].max() < 597
    for name in ("weights", "cut"):
        assert shipped[name].shape == MATRICES
        for j, layers in enumerate(sweep.LAYERS):
            there = np.tri(MATRICES[-1], dtype=bool)
            there[layers + 1 :] = False
            assert (np.isfinite(shipped[name][:, j]) == there).all()
    assert (np.nanmin(shipped["weights"]), np.nanmax(shipped["weights"])) > (0, 1)
    assert {name: value for name, value in shipped["about"].items() if name != "date"} == json.loads(json.dumps(sweep.SETTINGS))
    assert (sweeps.HERE / "densenet.npz").stat().st_size < 150_000


def test_a_cell_taken_at_random_comes_out_again(shipped):
    """Two seeds of one cell; other processors round otherwise, so errors may differ by a few digits."""
    draw = np.random.default_rng()
    j, k, i = (int(draw.integers(n)) for n in (2, 2, len(sweep.WAYS)))  # of the smaller nets
    way, layers = list(sweep.WAYS)[i], sweep.LAYERS[j]
    run = sweep.cell(way, layers, sweep.GROWTHS[k], seeds=2)
    expected = shipped["test"][i, j, k, :2] / 597
    assert run.test_error[:, -1] == pytest.approx(expected, abs=0.02 + 0.3 * expected.max()), (way, layers)
    if way in sweep.CONCAT:
        weights, cut = sweep.read(run, 0)
        where = (sweep.CONCAT.index(way), j, k, 0)
        assert weights == pytest.approx(shipped["weights"][where], abs=0.2, nan_ok=True)
        assert cut == pytest.approx(shipped["cut"][where], abs=0.3, nan_ok=True)


def test_a_plan_is_what_it_is_called():
    assert sweep.plan("concat, θ = ½", 4, 4) == {"blocks": (4, 4), "growth": 4, "stem": 8, "merge": "concat", "compression": 0.5}
    assert sweep.plan("add", 2, 8) == {"blocks": (2, 2), "growth": 8, "stem": 16, "merge": "add", "compression": 1.0}
    assert sweep.errors("none", 4, 8) == pytest.approx(sweeps.load("densenet")["test"][2, 2, 2] / 597)
    assert sweep.stored_narrow() == pytest.approx(sweeps.load("densenet")["narrow"] / 597)
    with pytest.raises(ValueError, match="way: expected one of"):
        sweep.plan("gate", 4, 4)


def test_measure_fills_every_cell(monkeypatch):
    asked = []

    def trained(way, layers, growth):
        asked.append((way, layers, growth))
        return SimpleNamespace(train_error=np.full((sweep.SEEDS, 2), 0.25), test_error=np.full((sweep.SEEDS, 2), len(asked) / 100),
                               net=lambda seed: densenet.densenet(**sweep.plan(way, layers, growth)))  # fmt: skip

    narrow = SimpleNamespace(test_error=np.full((sweep.SEEDS, 2), 0.5))
    for name, value in {"cell": trained, "trained": lambda make: narrow, "LAYERS": (1, 2), "GROWTHS": (2,), "SHOWN": 8}.items():
        monkeypatch.setattr(sweep, name, value)
    seen = []
    found = sweep.measure(lambda done, of: seen.append((done, of)))
    assert seen[-1] == (len(asked), len(asked)) == (8, 8)
    assert (found["train"] == 300).all()
    assert np.array_equal(found["test"][:, :, 0, 0].ravel(), np.round(5.97 * np.arange(1, 9)))
    assert (found["narrow"] == 298).all()
    assert np.isfinite(found["weights"][:, 1, 0, :, :, 2]).all()


def test_the_narrow_head_reads_as_much_as_that_of_a_net_that_adds():
    wide, rival = (densenet.densenet(**sweep.plan(way, *sweep.HEAD[1:])) for way in (sweep.HEAD[0], "add"))
    narrow = sweep.narrow_head()
    assert (wide.head.in_features, narrow.head[0].out_features, rival.head.in_features) == (14, 4, 4)
    assert sum(p.numel() for p in narrow.parameters()) < sum(p.numel() for p in wide.parameters())
