"""The shipped trainings of Transformers are whole, are those of their arms, and come out again when they are made anew."""

import numpy as np
import pytest
import torch
from torch import nn

from skiplab import Skip, sweeps
from skiplab.nets.transformer import Encoder
from skiplab.sweeps import transformer as sweep

RIGHT, SAME = (sweeps.load("transformer")[name] for name in ("right", "same"))


def test_every_cell_is_there():
    for grid in (RIGHT, SAME):
        assert dict(grid.axes) == {axis: tuple(values) for axis, values in sweep.AXES.items()}
        assert np.isfinite(grid.array).all()
        assert grid.low("seeds").low("steps").low("lr").low("arm") >= 0
    assert np.all(np.abs(RIGHT.at(steps=0).median("seeds") - 1 / 8) < 0.05)


def test_what_the_lesson_says_of_the_arms():
    middle = RIGHT.at(steps=400).median("seeds")  # arm × lr
    assert np.all(middle.at(arm="pre-LN") > 0.95)
    assert np.all(middle.at(arm="post-LN", lr=(3e-4, 1e-3, 3e-3)) > 0.95)
    assert np.all(middle.at(arm="post-LN", lr=(1e-2, 3e-2)) < 0.25)
    for arm in ("no skips", "no skips, Xavier"):
        assert np.all(middle.at(arm=arm) < 0.362), arm
        assert np.all(SAME.at(arm=arm, steps=400).median("seeds") > 0.9), arm


def test_the_arms_are_what_they_are_called():
    torch.manual_seed(0)
    x = torch.randint(8, (3, 6))
    for arm in sweep.ARMS:
        torch.manual_seed(1)
        net = sweep.net(arm)
        norms = sum(isinstance(m, nn.LayerNorm) for m in net.modules())
        assert norms == {"sandwich": 33, "no norms": 0}.get(arm, 17 if "pre" in arm or "skips" in arm else 16), arm
        strengths = {float(m.merge.lam) for m in net.modules() if isinstance(m, Skip)}
        assert strengths == {0.0 if "no skips" in arm else 2.0 if "λ = 2" in arm else 1.0}, arm
        if arm == "no skips":
            torch.manual_seed(1)
            assert torch.allclose(net(x), Encoder(8, 6, 32, 8, norm="pre", merge="none")(x), atol=1e-5)
    assert [sweep.warmed(0.01, step) for step in (0, 19, 20)] == [0.001, 0.001, 0.01]


@pytest.mark.slow
def test_a_cell_comes_out_again():
    for arm, lr in (("pre-LN", 1e-2), ("post-LN, warm-up", 1e-2), ("no skips", 3e-4)):
        run, _ = sweep.cell(arm, (lr, 2 * lr), 25).values()
        found = sweep.looked_at(run)
        for name, grid in (("right", RIGHT), ("same", SAME)):
            assert np.median(abs(found[name] - grid.at(arm=arm, lr=lr, steps=25).array)) < 0.05, (arm, name)


def test_measure_fills_every_cell(monkeypatch):
    seen, axes = [], {**sweep.AXES, "arm": ("pre-LN", "no skips"), "steps": (0, 25)}
    monkeypatch.setattr(sweep, "AXES", axes)
    monkeypatch.setattr(sweep, "STEPS", axes["steps"])
    monkeypatch.setattr(sweep, "ARMS", {arm: sweep.ARMS[arm] for arm in axes["arm"]})
    monkeypatch.setattr(sweep, "cell", lambda arm, lrs, steps, checkpoint: {lr: (lr, steps) for lr in lrs})
    monkeypatch.setattr(sweep, "looked_at", lambda run: {"right": np.full(8, run[1] / 100), "same": np.full(8, run[0])})
    found = sweep.measure(lambda done, of: seen.append((done, of)))
    assert seen == [(1, 2), (2, 2)]
    assert (found["right"].at(steps=25).array == 0.25).all()
    assert (found["same"].at(lr=1e-2).array == 1e-2).all()
