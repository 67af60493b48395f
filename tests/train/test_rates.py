"""Each arm is trained at several rates as if alone, and chosen by one rule, whether its numbers are new or shipped."""

import numpy as np
import pytest
import torch
from alone import NETS, OPTIMIZERS, data, digits, linear
from torch import nn

from skiplab.base.grid import Grid
from skiplab.base.rates import best_lr, window
from skiplab.train import Rates, Run, Runs, fit, loop

LRS = (0.1, 0.001, 0.02)
CLASSES = {"loss": "cross_entropy", "seeds": 2, "steps": 20}


def convolution():
    return nn.Sequential(nn.Unflatten(1, (1, 4)), nn.Conv1d(1, 4, 4), nn.Flatten(1))


@pytest.mark.parametrize("make", [NETS["skip add"], NETS["tied"], convolution], ids=["batched", "vmap", "loop"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_each_rate_trains_as_if_alone(make, optimizer):
    x, y = (v.float() for v in data())
    how = {"seeds": 2, "steps": 6, "optimizer": optimizer, "batch": 5, "clip": 0.5}
    together = fit(make, x, y, lr=LRS, **how)
    assert isinstance(together, Rates)
    assert [*together] == [*LRS]
    for lr in LRS:
        alone = fit(make, x, y, lr=lr, **how)
        assert together[lr].losses == pytest.approx(alone.losses, rel=1e-4)
        assert torch.allclose(together[lr].outputs(x), alone.outputs(x), atol=1e-4)


def test_rates_go_with_settings_in_one_stack():
    def make(width):
        return nn.Sequential(nn.Linear(4, width), nn.Tanh(), nn.Linear(width, 4))

    x, y = (v.float() for v in data())
    how = {"seeds": 2, "steps": 6}
    together = fit(make, x, y, lr=LRS, settings={"a": {"width": 3}, "b": {"width": 5}, "c": {"width": 3}}, **how)
    assert [*together] == [(name, lr) for name in "abc" for lr in LRS]
    for (name, lr), run in together.items():
        alone = fit(make, x, y, lr=lr, settings={name: {"width": 5 if name == "b" else 3}}, **how)[name]
        assert run.losses == pytest.approx(alone.losses, rel=1e-4)
    assert (together["a", 0.1].losses == together["c", 0.1].losses).all()


def test_the_best_is_that_of_the_smallest_median():
    x, y = digits()
    runs = fit(linear, x, y, lr=LRS, **CLASSES)
    medians = {lr: np.median(runs[lr].losses[:, -1]) for lr in LRS}
    best = runs.best()
    assert isinstance(best, Run)
    assert best is runs[min(medians, key=medians.get)]
    scores = runs.scores((x[:9], y[:9]))
    assert scores.axes == {"lr": LRS, "seeds": (0, 1)}
    assert scores.at(lr=0.02).array == pytest.approx(runs[0.02].error(x[:9], y[:9]))
    both = fit(linear, x, y, lr=LRS, settings={"one": {}, "two": {}}, **CLASSES)
    assert isinstance(both.best(), Runs)
    assert both.best()["two"] is both["two", min(medians, key=medians.get)]
    assert both.best().losses.last.median["one"] == pytest.approx(min(medians.values()), rel=1e-5)


def test_a_rate_at_which_a_seed_diverged_is_no_good():
    x, y = (v.float() for v in data())
    runs = fit(linear, x, y[:, :3], lr=[1e9, 0.01], optimizer="sgd", seeds=3, steps=30)
    assert np.isinf(runs.scores().at(lr=1e9).array).all()
    assert runs.best() is runs[0.01]
    assert runs.window(0.1) == (0.01, 0.01)


def grid(**medians):
    seeds = np.array([-0.05, 0, 0.05])
    return Grid(np.array([*medians.values()])[..., None] + seeds, setting=medians, lr=(0.001, 0.003, 0.01, 0.03, 0.1), seeds=range(3))


def test_a_window_is_round_the_best_and_has_no_gap():
    scores = grid(wide=[0.5, 0.3, 0.2, 0.25, 0.29], narrow=[0.9, 0.2, 0.6, 0.2, 0.9], low=[0.1, 0.5, 0.1, 0.9, 0.9])
    assert best_lr(scores) == {"wide": 0.01, "narrow": 0.003, "low": 0.001}
    assert window(scores, 0.1001) == {"wide": (0.003, 0.1), "narrow": (0.003, 0.003), "low": (0.001, 0.001)}
    assert window(scores, 9) == dict.fromkeys(["wide", "narrow", "low"], (0.001, 0.1))
    assert window(scores.at(setting="wide"), 0) == (0.01, 0.01)
    assert best_lr(scores.at(setting="wide", lr=[0.1, 0.03, 0.003])) == 0.03
    with pytest.raises(ValueError, match="within: expected a finite number, at least 0, got -1"):
        window(scores, -1)
    assert window(scores.rename("setting", "merge"), 0.1001) == window(scores, 0.1001)
    for other in (scores.median("lr"), scores.rename("seeds", "steps"), Grid(np.zeros((1, 1, 1, 1)), a=[1], b=[1], lr=[1], seeds=[0])):
        with pytest.raises(ValueError, match="scores: expected a Grid of lr, seeds and at most one axis of arms, got Grid of"):
            best_lr(other)


def test_rates_that_are_none_are_refused(subtests):
    for lr in ([], [0.1, 0.1], [0.1, 0], ["0.1"], (0.1, None)):
        with subtests.test(lr=lr), pytest.raises((TypeError, ValueError), match=r"^lr: expected"):
            fit(linear, *digits(), lr=lr, **CLASSES)


def test_a_checkpoint_goes_on_at_every_rate(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "SAVE", 0.0)
    x, y = digits()
    whole = fit(linear, x, y, lr=LRS, **CLASSES)
    fit(linear, x, y, lr=LRS, **{**CLASSES, "steps": 7}, checkpoint=tmp_path / "run")
    goes_on = fit(linear, x, y, lr=LRS, **CLASSES, checkpoint=tmp_path / "run")
    for lr in LRS:
        assert goes_on[lr].losses == pytest.approx(whole[lr].losses, rel=1e-4)
    with pytest.raises(ValueError, match=r"lr: .* was trained with another one"):
        fit(linear, x, y, lr=(0.1, 0.001, 0.03), **CLASSES, checkpoint=tmp_path / "run")
