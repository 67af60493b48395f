"""What is done with a training beside looking at it: it is pickled and copied, watched by who writes, and made of odd numbers."""

import copy
import pickle

import numpy as np
import pytest
import torch
from alone import BATCH_ONLY, NETS, convolution, data, digits, linear
from torch import nn

from skiplab.train import fit, loop

PATHS = {  # a network for each backend
    "batched": (NETS["skip gate"], "batched"),
    "batch norm": (NETS["batch norm"], "batched"),
    "vmap": (NETS["tied"], "vmap"),
    "loop": (convolution, "loop"),
}


def trained(name, **how):
    make, backend = PATHS[name]
    x, y = data(shape=(1, 5, 5) if name == "loop" else (4,), classes=3 if name == "loop" else None)
    y, how = (y, how | {"loss": "cross_entropy"}) if name == "loop" else (y.float(), how)
    run = fit(make, x.float(), y, seeds=3, steps=4, **how)
    assert run.ensemble.backend == backend
    return run, x.float()


@pytest.mark.parametrize("name", PATHS)
def test_a_run_is_pickled_and_copied_before_and_after_it_was_used(name):
    run, x = trained(name)
    before = pickle.dumps(run)
    outputs = run.outputs(x)
    for again in (pickle.loads(before), pickle.loads(pickle.dumps(run)), copy.deepcopy(run), copy.copy(run)):
        assert torch.equal(again.outputs(x), outputs)
        assert torch.allclose(again.net(1)(x), outputs[1], atol=1e-5)
        assert np.array_equal(again.losses, run.losses)


def test_the_runs_of_several_settings_are_pickled():
    runs = fit(linear, *digits(), seeds=2, steps=3, loss="cross_entropy", settings={"a": {}, "b": {"scale": 2.0}})
    runs.outputs(digits()[0])
    again = pickle.loads(pickle.dumps(runs))
    assert {name: value.tolist() for name, value in again.losses.items()} == {name: value.tolist() for name, value in runs.losses.items()}


def test_who_watches_cannot_change_what_is_measured(monkeypatch):
    monkeypatch.setattr(loop, "TICK", 0)
    how, refused = {"seeds": 2, "steps": 4, "loss": "cross_entropy", "every": 2, "test": digits(9, 1)}, []

    def write(now):
        for name in ("losses", "train_error", "test_error", "steps_at"):
            try:
                getattr(now, name)[...] = 0
            except ValueError:
                refused.append(name)

    run = fit(linear, *digits(), watch=write, **how)
    whole = fit(linear, *digits(), **how)
    assert set(refused) == {"losses", "train_error", "test_error", "steps_at"}
    assert np.array_equal(run.losses, whole.losses)
    run.losses[:] = 0  # one's own, afterwards


def one_norm(norm, *, convolved=False):
    if convolved:
        return lambda: nn.Sequential(nn.Conv2d(1, 3, 5), norm(3, **BATCH_ONLY), nn.Flatten())
    return lambda: nn.Sequential(nn.Linear(4, 3), norm(3, **BATCH_ONLY))


@pytest.mark.parametrize("convolved", [False, True])
def test_batch_norm_of_one_example_is_refused_wherever_it_comes_from(convolved):
    make = one_norm(nn.BatchNorm2d if convolved else nn.BatchNorm1d, convolved=convolved)
    x, y = data(shape=(1, 5, 5), classes=3) if convolved else data(classes=3)
    x = x.float()
    how = {"loss": "cross_entropy", "seeds": 2, "steps": 3}
    for change in ({"batch": 1}, {"x": x[:1], "y": y[:1]}, {"test": (x[:1], y[:1])}):
        with pytest.raises(ValueError, match="batch: the network's batch norm needs more than one example at a time, also of test, got 1"):
            fit(**{"make": make, "x": x, "y": y, **how, **change})
    run = fit(make, x, y, **how)
    with pytest.raises(ValueError, match=r"x: the networks do not take inputs \(1, .* more than 1 value per channel"):
        run.outputs(x[:1])
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        run.error(x[:1], y[:1])


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("loss", ["mse", "own", "cross_entropy"])
def test_a_loss_of_half_precision_is_taken_in_float32(kind, loss):
    x = torch.full((3000, 4), 3.0, dtype=kind)
    y = torch.zeros(3000, dtype=torch.int64) if loss == "cross_entropy" else torch.full((3000, 4), -200.0, dtype=kind)
    own = lambda out, y: (out - y).square().sum() / y.numel()  # noqa: E731
    run = fit(lambda: nn.Linear(4, 4).to(kind), x, y, seeds=2, steps=2, lr=1e-3, optimizer="sgd", loss=own if loss == "own" else loss)
    assert np.isfinite(run.losses).all()
    if loss != "cross_entropy":
        assert run.losses[:, 0] == pytest.approx(40_000, rel=0.1)
