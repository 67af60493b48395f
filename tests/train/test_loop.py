"""Each seed is clipped, measured and lost by itself."""

import numpy as np
import pytest
import torch
from alone import NETS, alone, data, digits, double, linear, task
from torch import nn

from skiplab.base.rng import seed_now
from skiplab.train import fit, loop


def test_each_seed_is_clipped_by_itself():
    x, y = data()
    make = double(NETS["skip add"])
    run = fit(make, x, y * torch.tensor([100.0]), seeds=3, steps=6, lr=0.05, optimizer="sgd", clip=2.0)
    for seed in range(3):
        batches = task(make, x, y * 100).batches(run.ensemble)
        assert run.losses[seed] == pytest.approx(alone(seed, make, batches, 6, clip=2.0)[0], rel=1e-9)


@pytest.mark.parametrize("norms", [[0.5, 3.0, 40.0], [0.0, 2.0, float("nan")]])
def test_only_long_gradients_are_cut(norms):
    whole = torch.randn(3, 10, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    whole *= (torch.tensor(norms, dtype=torch.float64) / whole.norm(dim=1)).unsqueeze(1)
    parts = [whole[:, :4].reshape(3, 2, 2).clone(), whole[:, 4:].clone()]
    loop._clip(parts, 2.0)
    cut = torch.cat([part.flatten(1) for part in parts], 1)
    for before, after, norm in zip(whole, cut, norms, strict=True):
        assert torch.allclose(after, before * min(1, 2 / (norm + 1e-12)), equal_nan=True)


def test_dropout_draws_anew_at_each_step():
    run = fit(lambda: nn.Sequential(nn.Dropout(0.5), nn.Linear(4, 4)).double(), *data(), seeds=2, steps=6, lr=1e-12)
    assert all(len(set(losses)) == 7 for losses in run.losses.round(6).tolist())


def test_errors_are_those_of_each_step():
    (x, y), test = digits(), digits(9, 1)
    run = fit(linear, x, y, seeds=2, steps=10, lr=0.1, loss="cross_entropy", test=test, every=4, batch=6)
    assert run.steps_at.tolist() == [0, 4, 8, 10]
    for at, step in enumerate(run.steps_at):
        part = fit(linear, x, y, seeds=2, steps=int(step), lr=0.1, loss="cross_entropy", batch=6)
        assert run.train_error[:, at] == pytest.approx(part.error(x, y))
        assert run.test_error[:, at] == pytest.approx(part.error(*test))
    assert run.train_error.shape == run.test_error.shape == (2, 4)
    assert len(set(run.train_error.flatten().tolist())) > 2


def test_errors_at_the_end_only_and_without_a_test():
    run = fit(linear, *digits(), seeds=2, steps=3, loss="cross_entropy")
    assert run.steps_at.tolist() == [3]
    assert run.train_error.shape == (2, 1)
    assert run.test_error.shape == (2, 0)
    assert fit(lambda: nn.Linear(4, 4), *(v.float() for v in data()), seeds=2, steps=3).steps_at.tolist() == []


def bursting(seeds):
    """Networks of which those of some seeds burst: their weights grow until they are no numbers."""
    return lambda: linear(1e18 if seed_now() in seeds else 1.0).double()


def squares(out, y):
    return out.exp().square().mean() + (out - y.unsqueeze(1)).square().mean()


@pytest.mark.parametrize("how", [{}, {"clip": 1.0}, {"optimizer": "momentum", "batch": 7}])
def test_a_seed_that_diverges_leaves_the_others_exactly_as_they_are(how):
    x, y = (v.double() for v in digits())
    how = {"steps": 12, "lr": 0.01, "optimizer": "sgd", "loss": squares} | how
    sound, hurt = (fit(bursting(which), x, y, seeds=3, **how) for which in (set(), {1}))
    assert hurt.diverged.tolist() == [-1, 0, -1]
    assert np.array_equal(hurt.losses[[0, 2]], sound.losses[[0, 2]])
    assert torch.equal(hurt.outputs(x)[[0, 2]], sound.outputs(x)[[0, 2]])
    assert hurt.stopped == ""
    assert not np.isfinite(hurt.losses[1]).any()
    assert "1 diverged" in str(hurt)


def test_the_step_of_the_first_loss_that_is_no_number():
    x = torch.ones(8, 1)
    run = fit(lambda: nn.Linear(1, 1), x, x, seeds=2, steps=200, lr=1e3, optimizer="sgd")
    for losses, step in zip(run.losses, run.diverged, strict=True):
        assert 1 < step < 30
        assert np.isfinite(losses[:step]).all()
        assert not np.isfinite(losses[step])


@pytest.mark.parametrize("tick", [0, 1000])
def test_when_all_have_diverged_it_ends_early_and_says_so_alike(tick, monkeypatch):
    monkeypatch.setattr(loop, "TICK", tick)
    looks = []
    x, y = digits()
    how = {"loss": "cross_entropy", "optimizer": "sgd", "every": 100, "test": (x, y), "watch": looks.append}
    run = fit(linear, x * 1e30, y, seeds=2, steps=450, lr=1e38, **how)
    assert run.stopped == "diverged"
    assert len(looks) < 20
    assert run.losses.shape == (2, 451)
    assert np.isnan(run.losses[:, -1]).all()
    assert run.steps_at.tolist() == [0, 100, 200, 300, 400, 450]
    assert np.isfinite(run.train_error[:, 0]).all()
    assert np.isnan(run.test_error[:, 1:]).all()
